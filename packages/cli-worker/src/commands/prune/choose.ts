import type { Inventory, InventoryManifest, Relations } from "@tranship/copy";
import { type Digest, subjectOfTag } from "@tranship/core";
import type { PruneRules } from "./prune-rules.ts";

/**
 * Why the rules keep an image: it is one of the newest; it is too young; nothing says how old it is; it has a tag that is not considered.
 */
export type RuleReason = "newest" | "young" | "undated" | "unmatched";

/** What the rules say of single manifests, whatever belongs to what. */
export interface Choice {
  /** What is to go: images that are too old, and what has no tag and belongs to nothing. */
  readonly doomed: ReadonlyMap<Digest, "old" | "untagged">;
  readonly kept: ReadonlyMap<Digest, RuleReason>;
}

/**
 * Applies the rules. An image is a digest with tags that somebody chose, however many; a tagged referrer is none, it goes and stays with its subject. What nothing
 * dates is kept, and takes no place among the newest.
 */
export function choose(inventory: Inventory, relations: Relations, rules: PruneRules): Choice {
  const { keep = 0, isConsidered = () => true, untagged } = rules;
  const doomed = new Map<Digest, "old" | "untagged">();
  const kept = new Map<Digest, RuleReason>();
  const images: InventoryManifest[] = [];
  for (const manifest of inventory) {
    const { digest, tags, subject, time } = manifest;
    const chosen = tags.filter((tag) => subjectOfTag(tag) === undefined);
    const considered = chosen.filter(isConsidered);
    const follows = subject !== undefined && relations.has(subject);
    if (considered.length < chosen.length) kept.set(digest, "unmatched");
    if (considered.length > 0 && !follows) {
      if (time !== undefined) images.push(manifest);
      else if (!kept.has(digest)) kept.set(digest, "undated");
    }
    if (chosen.length > 0 || !untagged || relations.belongs(manifest)) continue;
    const reason = ageReason(manifest, rules);
    if (reason === undefined) doomed.set(digest, "untagged");
    else kept.set(digest, reason);
  }
  for (const [rank, image] of images.toSorted(newestFirst).entries()) {
    const reason = rank < keep ? "newest" : ageReason(image, rules);
    if (kept.has(image.digest)) continue;
    if (reason === undefined) doomed.set(image.digest, "old");
    else kept.set(image.digest, reason);
  }
  return { doomed, kept };
}

function ageReason({ time }: InventoryManifest, { olderThanMs, nowMs }: PruneRules): RuleReason | undefined {
  if (olderThanMs === undefined) return undefined;
  if (time === undefined) return "undated";
  return nowMs - time.getTime() < olderThanMs ? "young" : undefined;
}

/** Of two of the same time the one with the higher tag is the newer one: v10, not v9. */
function newestFirst(a: InventoryManifest, b: InventoryManifest): number {
  const byTime = (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0);
  if (byTime !== 0) return byTime;
  const byTag = compareTags(highestTag(b), highestTag(a));
  return byTag !== 0 ? byTag : a.digest < b.digest ? -1 : 1;
}

function highestTag({ tags }: InventoryManifest): string {
  return tags.toSorted(compareTags).at(-1) ?? "";
}

function compareTags(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
