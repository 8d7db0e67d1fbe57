import type { ChangeableProperties } from "@tranship/core";

/** Only what may be done with a repository, a manifest or a tag, out of all its properties. */
export function permissions({ canDelete, canWrite, canList, canRead }: ChangeableProperties): ChangeableProperties {
  return { canDelete, canWrite, canList, canRead };
}
