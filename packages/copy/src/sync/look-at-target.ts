import type { Digest } from "@tranship/core";
import { Writer } from "../run/writer.ts";
import { lookAtTag } from "./look-at-tag.ts";
import { type OpenRepository, type OpenTarget, targetTagOf } from "./open-repository.ts";
import type { PlanTagOptions } from "./plan-tag-options.ts";

/** What is known of a target's tag. */
export type TargetTag =
  | { readonly state: "immutable"; readonly there: Digest | undefined }
  /** `mayMove`: whether it may stand for something else; an immutable one that is incomplete may not. */
  | { readonly state: "known"; readonly there: Digest | null; readonly mayMove: boolean }
  | { readonly state: "failed"; readonly error: unknown };

/**
 * Looks what a target's tag stands for, as far as the lists do not say it.
 * Requests: 1 HEAD, none where the list lacks the tag, or says its digest, or it is immutable; those of `lookAtTag` for an immutable one. A failure is in what it gives.
 * @throws an abort rejects with `signal.reason`.
 */
export async function lookAtTarget(
  { spec, owner, immutable, source }: OpenRepository,
  target: OpenTarget,
  tag: string,
  { run, call, claims }: PlanTagOptions,
): Promise<TargetTag> {
  try {
    const targetTag = targetTagOf(target, tag);
    claims.claim({ repository: target.spec.to, tag: targetTag }, { repository: spec.from, tag }, owner);
    const listed = target.listing?.get(targetTag);
    if (target.listing?.lacks(targetTag) === true) return { state: "known", there: null, mayMove: true };
    const isImmutable = immutable.has(tag);
    // Of a sparse index a part is all that there ever is.
    const isSparse = spec.sparse === true && (spec.platforms ?? []).length > 0;
    const seen = isImmutable && !isSparse ? await lookAtTag(target.store, targetTag, { run, call, source }) : undefined;
    if (seen?.isWhole === false) {
      return { state: "known", there: seen.root?.digest ?? null, mayMove: seen.root === undefined };
    }
    if (listed !== undefined && isImmutable) return { state: "immutable", there: listed.digest ?? seen?.root?.digest };
    if (listed?.digest !== undefined) return { state: "known", there: listed.digest, mayMove: true };
    const writer = new Writer(target.store, { run, call, sourceName: spec.from });
    // An immutable tag that is missed would be overwritten.
    const there = await writer.resolve(targetTag, { mayBeHidden: true, headProvesAbsence: !isImmutable });
    if (there !== undefined) target.present.add(there.digest);
    if (there !== undefined && isImmutable) return { state: "immutable", there: there.digest };
    return { state: "known", there: there?.digest ?? null, mayMove: true };
  } catch (error) {
    call.signal.throwIfAborted();
    return { state: "failed", error };
  }
}
