import type { Digest } from "@tranship/core";
import type { Inventory } from "../../inventory/inventory.ts";
import { planDeletions } from "../../inventory/plan-deletions.ts";

/** Tags that are to be deleted at a target. */
export interface DoomedTags {
  readonly tags: Iterable<string>;
  /** What tags pointed to that are gone already. Default: none. */
  readonly gone?: Iterable<Digest> | undefined;
}

/**
 * Of the tags that are to be deleted those that nothing which stays needs. A signature or
 * attestation, by its subject or by its tag, stays as long as its subject does, whoever wrote it;
 * and a subject stays that another tag leads to, or that has no tag and belongs to nothing that
 * goes.
 */
export function unneededTags(inventory: Inventory, { tags, gone = [] }: DoomedTags): ReadonlyMap<string, Digest> {
  const doomed = new Set(tags);
  const going = inventory.filter((manifest) => manifest.tags.some((tag) => doomed.has(tag)));
  const kept = new Set(inventory.filter((manifest) => manifest.tags.some((tag) => !doomed.has(tag))).map(digestOf));
  const tagged = new Set(inventory.filter((manifest) => manifest.tags.length > 0).map(digestOf));
  const digests = [...going.map(digestOf), ...[...gone].filter((digest) => !tagged.has(digest))];
  const { staying } = planDeletions(inventory, {
    doomed: new Map(digests.map((digest) => [digest, "planned"])),
    isKept: (digest) => kept.has(digest),
    unlock: true,
  });
  return new Map(
    going
      .filter(({ digest }) => !staying.has(digest))
      .flatMap(({ digest, tags: own }) => own.filter((tag) => doomed.has(tag)).map((tag) => [tag, digest] as const)),
  );
}

function digestOf({ digest }: { readonly digest: Digest }): Digest {
  return digest;
}
