import { type Digest, isDigest, isIndexMediaType } from "@tranship/core";
import { planCopy } from "../copy/plan-copy.ts";
import type { Difference } from "../repair/difference.ts";
import { Reader } from "../run/reader.ts";
import { Writer } from "../run/writer.ts";
import type { OpenRepository, OpenTarget } from "../sync/open-repository.ts";
import type { ContentCheck, ContentCheckOptions } from "./content-check.ts";

/** What a tag stands for, at the source and in what is made of it. */
export interface Expected {
  /** What the source's tag stands for. */
  readonly source: Digest;
  /** What the target's ought to: another one where platforms are chosen. */
  readonly root: Digest;
  /** Of a sparse index, what ought to be there of it; absent: all. */
  readonly kept?: ReadonlySet<Digest> | undefined;
}

export type CompareOptions = Omit<ContentCheckOptions, "deep" | "referrers">;

/**
 * What a source's tag stands for.
 * Requests: 1 HEAD, none where the list says it; with platforms 1 GET, and one for each index below.
 * @throws {CopyError} MANIFEST_UNKNOWN and others. @throws {StoreError} PLATFORM_UNKNOWN.
 */
export async function expectedOf(
  { spec, source, listing }: OpenRepository,
  target: OpenTarget,
  tag: string,
  { run, call }: CompareOptions,
): Promise<Expected> {
  const { platforms = [], missingPlatforms, sparse } = spec;
  if (platforms.length > 0) {
    const nowhere = { store: target.store, missing: true };
    const what = { platforms, missingPlatforms, sparse, run, ...call };
    const { head } = await planCopy({ store: source, reference: tag }, nowhere, what);
    const { root, source: { digest = root.digest } = {}, kept } = head;
    return { source: digest, root: root.digest, kept: kept && new Set(kept) };
  }
  if (isDigest(tag)) return { source: tag, root: tag };
  const digest = listing?.get(tag)?.digest ?? (await new Reader(source, run, call).resolve(tag)).digest;
  return { source: digest, root: digest };
}

/**
 * Compares a target's tag with what it ought to stand for, and if that is the same, what is below it.
 * Requests: 1 HEAD to the target, none where its list lacks the tag; then those of `ContentCheck`.
 */
export async function compareTag(
  expected: Expected,
  { spec, store }: Pick<OpenTarget, "spec" | "store">,
  tag: string,
  check: ContentCheck,
  { run, call }: CompareOptions,
): Promise<readonly Difference[]> {
  const writer = new Writer(store, { run, call, sourceName: spec.to });
  const found = await writer.resolve(tag, { mayBeHidden: false });
  const digest = expected.root;
  if (found === undefined) {
    return [isDigest(tag) ? missingDigest(digest) : { kind: "tag", problem: "missing", digest }];
  }
  if (found.digest !== digest) return [{ kind: "tag", problem: "differs", digest, found: found.digest }];
  if (expected.kept !== undefined) return check.belowSparse(found, expected.kept);
  const isCutDown = expected.source !== digest && isIndexMediaType(found.mediaType);
  return isCutDown ? check.belowCutDown(found) : check.below(found);
}

/** An image that is named by its digest has no tag that could lack. */
function missingDigest(digest: Digest): Difference {
  return { kind: "manifest", problem: "missing", digest };
}
