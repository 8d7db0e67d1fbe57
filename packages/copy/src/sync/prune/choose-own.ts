import type { Digest } from "@tranship/core";
import type { TagOwnership } from "../file/sync-plan.ts";
import type { OpenTarget } from "../open-repository.ts";
import type { UnwantedTag } from "./prune-candidates.ts";
import type { TaggedManifest } from "./read-tagged.ts";
import type { TargetOwnership } from "./target-ownership.ts";
import { unneededTags } from "./unneeded-tags.ts";

/** A tag that is the mirror's own, and no longer chosen. */
export interface OwnTag extends UnwantedTag {
  readonly there: Digest;
  readonly own: TagOwnership;
}

export interface CandidateTags {
  /** What the selection does not choose any more. */
  readonly unwanted: readonly UnwantedTag[];
  /** Of these the mirror's own, with what they point to. */
  readonly own: readonly (OwnTag & Pick<TaggedManifest, "subject">)[];
  /** Digest tags about something that is not known to stay. */
  readonly digestTags: readonly string[];
  readonly ownership: TargetOwnership;
}

export interface ChosenOwn {
  /** What is deleted. */
  readonly tags: readonly OwnTag[];
  /** What would be deleted too if the selection alone decided. */
  readonly notOwn: readonly string[];
  /** Own tags that stay, since they are about something that stays. */
  readonly needed: readonly string[];
}

/**
 * Chooses the tags that are deleted at a target: the mirror's own, and of those that are about
 * something (by a subject, or by a tag made of a digest) the ones that nothing which stays needs.
 * Requests: none, or what the target's content takes to be read where something is about something.
 */
export async function chooseOwn(
  { content }: Pick<OpenTarget, "content">,
  { unwanted, own, digestTags, ownership }: CandidateTags,
): Promise<ChosenOwn> {
  const plain = own.filter(({ subject }) => subject === undefined);
  const artifacts = own.filter(({ subject }) => subject !== undefined);
  const known = new Set(own.map(({ targetTag }) => targetTag));
  const notOwn = unwanted.map(({ targetTag }) => targetTag).filter((tag) => !known.has(tag));
  if (content === undefined || (artifacts.length === 0 && digestTags.length === 0)) {
    return { tags: plain, notOwn, needed: artifacts.map(({ targetTag }) => targetTag) };
  }
  const inventory = await content.inventory();
  // As if all of it were own: what is not own may be what others are about.
  const orphans = unneededTags(inventory, { tags: [...unwanted.map(({ targetTag }) => targetTag), ...digestTags] });
  const ownOrphans = digestTags.flatMap((targetTag): readonly OwnTag[] => {
    const there = orphans.get(targetTag);
    const reason = there === undefined ? undefined : ownership.reason(targetTag, there);
    return there === undefined || reason === undefined
      ? []
      : [{ targetTag, tag: targetTag, reason: "follows", there, own: reason }];
  });
  const going = [...plain, ...artifacts, ...ownOrphans].map(({ targetTag }) => targetTag);
  const unneeded = unneededTags(inventory, { tags: going });
  const follows = ({ targetTag, there }: OwnTag): boolean => unneeded.get(targetTag) === there;
  const followers = ownOrphans.filter(follows);
  const chosen = new Set(followers.map(({ targetTag }) => targetTag));
  return {
    tags: [...plain, ...artifacts.filter(follows), ...followers],
    notOwn: [...notOwn, ...digestTags.filter((tag) => orphans.has(tag) && !chosen.has(tag))],
    needed: artifacts.filter((tag) => !follows(tag)).map(({ targetTag }) => targetTag),
  };
}
