import { cosignSubject, isDigestTag } from "../../copy/digest-tags.ts";
import type { SyncReason } from "../file/sync-plan.ts";
import { type OpenRepository, type OpenTarget, targetTagOf } from "../open-repository.ts";
import type { PruneOwned } from "../sync-repository.ts";

/**
 * A tag of a target that fits the mirror's selection, and is not chosen. Whether it is the mirror's
 * own, `TargetOwnership` tells.
 */
export interface UnwantedTag {
  readonly targetTag: string;
  /** The source's tag that it is a copy of; for a digest tag the same. */
  readonly tag: string;
  readonly reason: Extract<SyncReason, "gone" | "unselected" | "follows">;
}

/** What of a target's tags could be pruned by the mirror's selection alone. */
export interface PruneCandidates {
  readonly unwanted: readonly UnwantedTag[];
  /** Digest tags, of the kinds that the mirror copies: they go with what they are about. */
  readonly digestTags: readonly string[];
  /** Unwanted ones that the registry has locked: they stay. */
  readonly locked: readonly string[];
  /** Why nothing may be deleted. */
  readonly forbidden: string | undefined;
}

/** Compares a target's list with what was chosen. Undefined where nothing was listed: tags that are given by name are never unwanted. No request. */
export function pruneCandidates(
  repository: OpenRepository,
  target: OpenTarget,
  prune: PruneOwned,
): PruneCandidates | undefined {
  const { listing } = target;
  if (repository.listing === undefined || listing === undefined) return undefined;
  const listed = listing.tags;
  const chosen = chosenTags(repository, target);
  const sources = prune.owned(listed.map(({ name }) => name).filter((name) => !isDigestTag(name)));
  const owned = listed.flatMap(({ name, locked = false }) => {
    const tag = sources.get(name);
    return tag === undefined ? [] : [{ targetTag: name, tag, locked }];
  });
  const unwanted = owned.filter(({ targetTag }) => !chosen.has(targetTag));
  return {
    unwanted: unwanted
      .filter(({ locked }) => !locked)
      .map(({ targetTag, tag }) => ({
        targetTag,
        tag,
        reason: repository.listing?.get(tag) === undefined ? "gone" : "unselected",
      })),
    digestTags: listed
      .filter(({ name, locked }) => locked !== true && isCopied(repository, name))
      .map(({ name }) => name),
    locked: unwanted.filter(({ locked }) => locked).map(({ targetTag }) => targetTag),
    forbidden: whyNot(repository, target, { prune, owned: owned.length }),
  };
}

/** What the target's tags are called that were chosen. */
export function chosenTags({ tags }: OpenRepository, target: OpenTarget): ReadonlySet<string> {
  return new Set(tags.flatMap((tag) => nameAt(target, tag) ?? []));
}

/** `sha256-HEX.sig` and the like come with cosign's tags, a plain `sha256-HEX` lists referrers. */
function isCopied({ spec }: OpenRepository, tag: string): boolean {
  if (!isDigestTag(tag)) return false;
  return cosignSubject(tag) === undefined ? spec.referrers === true : spec.cosignTags === true;
}

/** A list that lacks much may be a bad answer, and what it lacks is not gone. */
function whyNot(
  repository: OpenRepository,
  target: OpenTarget,
  { prune, owned }: { readonly prune: PruneOwned; readonly owned: number },
): string | undefined {
  const { listing, failed, incomplete } = repository;
  if (prune.forbidden !== undefined) return prune.forbidden;
  const doubt = listing?.doubt ?? target.listing?.doubt;
  if (doubt !== undefined) return doubt.message;
  if (failed.has(repository.spec.from) || failed.has(target.spec.to)) return "not all of its tags could be looked at";
  if (incomplete !== undefined) return incomplete;
  const names = (listing?.tags ?? []).map(({ name }) => name).filter((name) => !isDigestTag(name));
  const tags = prune.owned(names.flatMap((tag) => nameAt(target, tag) ?? []));
  const lists = `${repository.spec.from} lists ${tags.size} of these tags where the target has ${owned}`;
  if (tags.size === 0) return `${lists}: an empty list deletes nothing`;
  if (tags.size * 2 > owned || prune.limit.allowShrunken === true) return undefined;
  return `${lists}: by so much no source shrinks unless something is wrong; if this is right, say --allow-shrunken`;
}

/** Undefined for a name that can't be one: that has failed already. */
function nameAt(target: OpenTarget, tag: string): string | undefined {
  try {
    return targetTagOf(target, tag);
  } catch {
    return undefined;
  }
}
