import { isDigest } from "../../digest/digest.ts";
import type { ListedTag } from "../../store/store.ts";
import type { PageContent } from "./pages.ts";

/**
 * The tags of a page, with digests and times where Google's map `manifest` has them: an object of digests with their tags and times in ms. A registry that maps all of the
 * page's tags gives its whole list in one page: it ignores `n` and `last` (go-containerregistry, pkg/v1/google/list.go, stops there too).
 */
export function listedTags(
  names: readonly string[],
  document: Readonly<Record<string, unknown>>,
): PageContent<ListedTag> {
  const details = detailsIn(document);
  if (details === undefined) return { items: names.map((name) => ({ name })) };
  return {
    items: names.map((name) => details.get(name) ?? { name }),
    isWhole: names.every((name) => details.has(name)),
  };
}

/** The tags of the map. Undefined where there is none, or it has no tags. */
function detailsIn(document: Readonly<Record<string, unknown>>): ReadonlyMap<string, ListedTag> | undefined {
  const manifests = document["manifest"];
  if (typeof manifests !== "object" || manifests === null) return undefined;
  const details = new Map<string, ListedTag>();
  for (const [digest, entry] of Object.entries(manifests)) {
    if (!isDigest(digest) || typeof entry !== "object" || entry === null) continue;
    const { tag, timeUploadedMs } = entry as { readonly tag?: unknown; readonly timeUploadedMs?: unknown };
    const time = new Date(Number(timeUploadedMs));
    for (const name of Array.isArray(tag) ? tag : []) {
      if (typeof name === "string") details.set(name, { name, digest, ...(time.getTime() > 0 && { time }) });
    }
  }
  return details.size === 0 ? undefined : details;
}
