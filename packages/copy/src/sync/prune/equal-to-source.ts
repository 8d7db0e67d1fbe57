import { type Digest, isDigest } from "@tranship/core";
import { choiceOf } from "../../run/platform-choice.ts";
import { Reader } from "../../run/reader.ts";
import { Writer } from "../../run/writer.ts";
import { type OpenRepository, type OpenTarget, targetTagOf } from "../open-repository.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";

/**
 * Compares a tag that never moves with its source, where a mirror that prunes has no record of it:
 * so that what an earlier version wrote, or a lost journal recorded, counts as the mirror's own
 * from now on. Undefined where it differs, cannot be compared, or need not be.
 * Requests: none where the tag is recorded or the mirror does not prune by records; else 1 HEAD a
 * side, or none where its list has the digest.
 */
export async function equalToSource(
  { spec, source, listing }: OpenRepository,
  target: OpenTarget,
  { tag, there: listed }: { readonly tag: string; readonly there: Digest | undefined },
  { run, call, ownership }: PlanTagOptions,
): Promise<{ readonly source: Digest; readonly there: Digest } | undefined> {
  const { prune } = target.spec;
  if (prune === undefined || prune.ownership === "pattern" || !ownership.kept) return undefined;
  const targetTag = targetTagOf(target, tag);
  if (isDigest(targetTag) || (await target.records()).has(targetTag)) return undefined;
  try {
    const writer = new Writer(target.store, { run, call, sourceName: spec.from });
    const [digest, there] = await Promise.all([
      listing?.get(tag)?.digest ?? new Reader(source, run, call).resolve(tag).then((found) => found.digest),
      listed ?? writer.resolve(targetTag, { mayBeHidden: true }).then((found) => found?.digest),
    ]);
    const expected = await run.rewrites.of(digest, choiceOf(spec));
    return there !== undefined && there === expected ? { source: digest, there } : undefined;
  } catch {
    call.signal.throwIfAborted();
    // The tag is not copied again whatever its source says.
    return undefined;
  }
}
