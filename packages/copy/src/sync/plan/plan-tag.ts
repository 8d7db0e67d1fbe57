import { brokenTagsError, type Digest, formatPlatform, isDigest, StoreError } from "@tranship/core";
import type { Plan, PlanAction } from "../../copy/plan.ts";
import { planCopy } from "../../copy/plan-copy.ts";
import { CopyError } from "../../events/errors.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { nameOf } from "../../events/image-name.ts";
import { RequestCounter, totalRequests } from "../../events/request-count.ts";
import { choiceOf } from "../../run/platform-choice.ts";
import { Reader } from "../../run/reader.ts";
import type { PlannedImage, SyncReason, Unresolved } from "../file/sync-plan.ts";
import { lookAtTag, wholeAt } from "../look-at-tag.ts";
import { lookAtTarget } from "../look-at-target.ts";
import { isPruned, type OpenRepository, type OpenTarget, sourceTags, targetTagOf } from "../open-repository.ts";
import { manifestsOf } from "../plan-ledger.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";
import { equalToSource } from "../prune/equal-to-source.ts";
import type { JobEntry, SyncJob } from "../sync-job.ts";
import { SharedSource } from "./shared-source.ts";
import { looksBelow, readsContent, sourceDigest } from "./source-digest.ts";

/**
 * Plans one tag of a repository for all of its targets.
 * Requests: none for an immutable tag that the lists show at every target, unless pruning has to
 * compare it: `equalToSource`. Else at each target 1 HEAD, or none where its list lacks the tag or
 * says the digest; at the source 1 HEAD, or none where its list says the digest, or the tag was
 * seen lately and every target has what it stood for; in its place 1 GET where every target lacks
 * the tag and its content is to be read, or referrers are looked at, or platforms are chosen and no
 * journal remembers what they made of which index. Then 1 GET for each manifest below what is
 * copied, and 1 HEAD at the target for each of those where it had the tag.
 */
export async function planTag(repository: OpenRepository, tag: string, options: PlanTagOptions): Promise<SyncJob> {
  const { spec, source } = repository;
  const { mirror, from } = spec;
  const job = { name: from, source, notices: [], create: [] };
  const asking = isListedWithoutDigest(repository, tag, options)
    ? new Reader(source, options.run, options.call).resolve(tag)
    : undefined;
  asking?.catch(() => {});
  const seen = await Promise.all(
    repository.targets.map(async (target) => ({ target, seen: await lookAtTarget(repository, target, tag, options) })),
  );
  const unresolved: Unresolved[] = seen.flatMap(({ target, seen: { ...state } }) =>
    state.state === "failed" ? [{ mirror, from, tag, to: target.spec.to, error: failureRecord(state.error) }] : [],
  );
  const open = seen.flatMap(({ target, seen: state }) => (state.state === "known" ? [{ ...state, target }] : []));
  const settled = await Promise.all(
    seen.flatMap(({ target, seen: state }) =>
      state.state === "immutable" ? [keptEntry(repository, target, { tag, there: state.there }, options)] : [],
    ),
  );
  if (open.length === 0) {
    await asking?.catch(() => {});
    return { ...job, entries: settled, unresolved };
  }
  try {
    const digest = await sourceDigest(repository, tag, open, { ...options, asking });
    const entries = [...settled];
    const shared = open.length > 1 ? new SharedSource(source) : source;
    for (const { target, there, mayMove } of open) {
      const planned = await planEntry({ ...repository, source: shared }, target, { tag, digest, there }, options);
      if (!mayMove && there !== planned.image.root) {
        const error = failureRecord(cannotComplete(target, planned.image));
        unresolved.push({ mirror, from, tag, to: target.spec.to, error });
        continue;
      }
      if (planned.image.action !== "skip") options.ledger.check(source, target.store, tag);
      entries.push(planned);
    }
    return { ...job, source: shared, entries, unresolved };
  } catch (error) {
    options.call.signal.throwIfAborted();
    const { notice, failure } = await missingTag(repository, tag, error, options);
    const notices = notice === undefined ? [] : [notice];
    const failed = failure === undefined ? [] : [{ mirror, from, tag, error: failureRecord(failure) }];
    return { ...job, notices, entries: settled, unresolved: [...unresolved, ...failed] };
  }
}

/** What is said of a tag that the source lists and has not: nothing fails where it was deleted meanwhile. */
async function missingTag(
  { spec: { from }, source, listing, missing }: OpenRepository,
  tag: string,
  error: unknown,
  { call, ignoreBrokenTags }: PlanTagOptions,
): Promise<{ readonly notice?: string; readonly failure?: unknown }> {
  if (!(error instanceof CopyError) || error.side !== "source" || error.code !== "MANIFEST_UNKNOWN")
    return { failure: error };
  const state = listing?.get(tag) === undefined ? "found" : await missing?.look(tag).catch(() => "found");
  call.signal.throwIfAborted();
  if (state === "gone") return { notice: `${from}:${tag} was deleted at the source after it was listed` };
  if (state !== "broken") return { failure: error };
  if (ignoreBrokenTags === true)
    return { notice: `${from}:${tag} is not copied: it is listed and has no manifest (404)` };
  return { failure: brokenTagsError(`Cannot copy "${from}:${tag}"`, source.name, [tag]) };
}

/** What digest tags are about is asked where these are copied, and where they are pruned. */
function needsSubjects(repository: OpenRepository): boolean {
  return repository.spec.cosignTags === true || isPruned(repository);
}

/** Whether the lists show the tag at every target and digests nowhere: the source's is then needed whatever the targets' are, and both are asked for at the same time. */
function isListedWithoutDigest(
  { spec, targets, listing, immutable }: OpenRepository,
  tag: string,
  { trustMs }: PlanTagOptions,
): boolean {
  if (isDigest(tag) || immutable.has(tag) || trustMs !== undefined || (spec.platforms ?? []).length > 0) return false;
  // There it is read, which says what it stands for too.
  if (looksBelow(spec)) return false;
  if (listing?.get(tag)?.digest !== undefined) return false;
  try {
    return targets.every((target) => {
      const listed = target.listing?.get(targetTagOf(target, tag));
      return listed !== undefined && listed.digest === undefined;
    });
  } catch {
    // A name that is none at the target: who looks there says so.
    return false;
  }
}

interface Wanted {
  readonly tag: string;
  readonly digest: Digest;
  readonly there: Digest | null;
}

async function planEntry(
  repository: OpenRepository,
  target: OpenTarget,
  { tag, digest, there }: Wanted,
  { run, call, depth, ledger }: PlanTagOptions,
): Promise<JobEntry> {
  const { spec, source } = repository;
  const { store } = target;
  const { platforms = [], referrers = false } = spec;
  const sparse = spec.sparse === true && platforms.length > 0;
  const image: Omit<PlannedImage, "action" | "reason"> = { ...imageOf(repository, target, tag), source: digest, there };
  /** Why something is done although the tag is right. */
  const below: SyncReason = sparse || !referrers ? "incomplete" : "referrers";
  const reason: SyncReason = there === null ? "missing" : "moved";
  const isThere = there !== null && !looksBelow(spec) && there === (await run.rewrites.of(digest, choiceOf(spec)));
  if (isThere && (await lookAtTag(store, image.targetTag, { run, call, source }))?.isWhole !== false) {
    if (needsSubjects(repository)) repository.subjects.add(there);
    return entry(target, { ...image, action: "skip", reason: "unchanged", root: there });
  }
  const reads = readsContent(source, depth);
  // What is about an index that is cut down is not about what is made of it.
  const isWhole = platforms.length === 0 || sparse;
  if (isWhole && needsSubjects(repository)) repository.subjects.add(digest);
  if (platforms.length === 0 && !referrers && there !== digest && target.present.has(digest)) {
    // A registry is asked then.
    if (depth === "tags" && store.place !== undefined) {
      ledger.tag(store, 2);
      return entry(target, { ...image, action: "retag", reason, root: digest });
    }
    const asking = new RequestCounter(call.onExchange);
    if (await wholeAt(store, digest, { run, call: { ...call, onExchange: asking.count }, source })) {
      // It is looked at once more before the tag is put.
      ledger.tag(store, 2 + totalRequests(asking.result()));
      return entry(target, { ...image, action: "retag", reason, root: digest });
    }
  }
  if (!reads && platforms.length === 0) {
    ledger.unread(source, store);
    const why = there === digest ? below : reason;
    return entry(target, { ...image, action: "copy", reason: why, root: digest });
  }
  const counter = new RequestCounter(call.onExchange);
  const plan = await planCopy(
    { store: source, reference: digest, tags: sourceTags(repository) },
    { store, reference: image.targetTag, missing: there === null, there: there ?? undefined },
    { platforms, missingPlatforms: spec.missingPlatforms, sparse, referrers, run, ...call, onExchange: counter.count },
  );
  const { lacking } = plan.head;
  const root = plan.head.root.digest;
  if (needsSubjects(repository)) repository.subjects.add(root);
  if (!reads) {
    if (plan.head.state === "unchanged" && !looksBelow(spec))
      return entry(target, { ...image, action: "skip", reason: "unchanged", root });
    ledger.unread(source, store);
    return entry(target, { ...image, action: "copy", reason: root === there ? below : reason, root, lacking });
  }
  const actions = await collect(plan);
  if (needsSubjects(repository)) for (const manifest of manifestsOf(root, actions)) repository.subjects.add(manifest);
  if (actions.every((action) => action.action === "skip") && root === there)
    return entry(target, { ...image, action: "skip", reason: "unchanged", root });
  const content = ledger.content(source, store, actions, {
    asked: counter.result(),
    referrers,
    single: platforms.length === 1 && root !== digest,
  });
  const planned: PlannedImage = {
    ...image,
    action: "copy",
    reason: root === there ? below : reason,
    root,
    lacking,
    content,
  };
  return { image: planned, target: store, steps: { head: plan.head, actions } };
}

/** An immutable tag is incomplete, and the source has another image. */
function cannotComplete({ spec, store }: OpenTarget, { from, tag, targetTag, there, root }: PlannedImage): StoreError {
  const name = nameOf({ store, reference: targetTag });
  const detail = `the mirror calls the tag immutable, content of its image "${there}" is missing, and "${from}:${tag}" is "${root}"`;
  const advice = `delete "${spec.to}:${targetTag}" to have it copied anew`;
  return new StoreError("DENIED", `Cannot complete "${name}": ${detail}; ${advice}`);
}

function imageOf({ spec }: OpenRepository, target: OpenTarget, tag: string): Omit<PlannedImage, "action" | "reason"> {
  const { mirror, from, platforms = [], missingPlatforms, sparse, referrers } = spec;
  return {
    mirror,
    from,
    tag,
    to: target.spec.to,
    targetTag: targetTagOf(target, tag),
    ...(platforms.length > 0 && { platforms: platforms.map(formatPlatform) }),
    ...(platforms.length > 0 && missingPlatforms === "skip" && { missingPlatforms }),
    ...(platforms.length > 0 && sparse === true && { sparse }),
    ...(referrers === true && { referrers }),
  };
}

/**
 * A tag that never moves. Where its mirror prunes and nothing records that the tag is its own, it
 * is compared with its source, once.
 */
async function keptEntry(
  repository: OpenRepository,
  target: OpenTarget,
  { tag, there: listed }: { readonly tag: string; readonly there: Digest | undefined },
  options: PlanTagOptions,
): Promise<JobEntry> {
  const same = await equalToSource(repository, target, { tag, there: listed }, options);
  const there = same?.there ?? listed;
  if (there !== undefined && isPruned(repository)) repository.subjects.add(there);
  if (same !== undefined) {
    const { source, there: root } = same;
    return entry(target, {
      ...imageOf(repository, target, tag),
      action: "skip",
      reason: "unchanged",
      source,
      there,
      root,
    });
  }
  const known = there === undefined ? {} : { there };
  return entry(target, { ...imageOf(repository, target, tag), action: "skip", reason: "immutable", ...known });
}

function entry(target: OpenTarget, image: PlannedImage): JobEntry {
  return { image, target: target.store };
}

async function collect(plan: Plan): Promise<readonly PlanAction[]> {
  return Array.fromAsync(plan.actions);
}
