import { isDigest, type Source, type Target } from "@tranship/core";

/** How messages call an image. */
export function nameOf(located: { readonly store: Source | Target; readonly reference?: string | undefined }): string {
  if (located.reference === undefined) return located.store.name;
  return `${located.store.name}${isDigest(located.reference) ? "@" : ":"}${located.reference}`;
}
