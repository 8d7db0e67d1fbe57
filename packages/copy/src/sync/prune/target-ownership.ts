import type { Digest, OwnedTag } from "@tranship/core";
import type { TagOwnership } from "../file/sync-plan.ts";
import type { OpenTarget } from "../open-repository.ts";
import type { PruneOwned } from "../sync-repository.ts";

/** Tags that a notice names. */
const NAMED = 3;

/** Which tags of one target are the mirror's own. */
export class TargetOwnership {
  /** Undefined where every tag that fits the selection counts as own. */
  readonly #records: ReadonlyMap<string, OwnedTag> | undefined;

  private constructor(records: ReadonlyMap<string, OwnedTag> | undefined) {
    this.#records = records;
  }

  /** Reads the records, unless the selection alone decides. */
  static async of(target: OpenTarget, { ownership = "record" }: PruneOwned): Promise<TargetOwnership> {
    return new TargetOwnership(ownership === "pattern" ? undefined : await target.records());
  }

  /**
   * Whether a tag can be own, whatever it points to: so nothing is asked of a tag without a record.
   */
  mayOwn(tag: string): boolean {
    return this.#records === undefined || this.#records.has(tag);
  }

  /**
   * Why a tag that points to this digest is own. Undefined where it is not: without a record, or
   * where somebody else has moved it since.
   */
  reason(tag: string, digest: Digest): TagOwnership | undefined {
    if (this.#records === undefined) return { because: "pattern" };
    const record = this.#records.get(tag);
    if (record?.digest !== digest) return undefined;
    return { because: record.because, since: new Date(record.recorded).toISOString() };
  }
}

/** What is said of tags that stay since they are not the mirror's own. */
export function notOwnNotice(to: string, tags: readonly string[]): readonly string[] {
  if (tags.length === 0) return [];
  const one = tags.length === 1;
  const what = one ? "1 tag that is no longer chosen stays" : `${tags.length} tags that are no longer chosen stay`;
  const named = tags.slice(0, NAMED).join(", ");
  const more = tags.length > NAMED ? ` and ${tags.length - NAMED} more` : "";
  const them = one ? "it" : "them";
  return [
    `${to}: ${what}, since no record says that this mirror wrote ${them} as ${one ? "it is" : "they are"} now: ${named}${more}; with prune: { ownership: pattern } ${tags.length} would be deleted`,
  ];
}
