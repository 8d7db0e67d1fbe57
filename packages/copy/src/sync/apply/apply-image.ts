import { type CallOptions, type Digest, isDigest, parsePlatform, type Source } from "@tranship/core";
import { copy } from "../../copy/copy.ts";
import { execute } from "../../copy/execute.ts";
import { type CopyResult, NO_AMOUNTS } from "../../copy/result.ts";
import type { CopyEvent, OnEvent } from "../../events/events.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { nameOf } from "../../events/image-name.ts";
import { RequestCounter, totalRequests } from "../../events/request-count.ts";
import { childrenAreMissing } from "../../run/missing-children.ts";
import { Reader } from "../../run/reader.ts";
import type { CopyRun } from "../../run/run.ts";
import { Writer } from "../../run/writer.ts";
import type { TargetFeed } from "../../spool/fan-out.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { ImageOutcome, ImageResult } from "../file/sync-result.ts";
import { lookAtTag, wholeAt } from "../look-at-tag.ts";
import type { Ownership } from "../prune/ownership.ts";
import type { JobEntry, SyncStore } from "../sync-job.ts";

export interface ApplyImageOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  readonly onEvent: OnEvent;
  /** Whether both sides are looked at first: the plan is of another time. */
  readonly check: boolean;
  readonly allowTargetMoved: boolean;
  readonly ownership: Ownership;
  /** Where several targets are fed from the source. */
  readonly feed?: TargetFeed | undefined;
}

/** What an image came to, without its names. */
type Outcome = Pick<ImageResult, "outcome" | "digest" | "error"> &
  Partial<Pick<ImageResult, "moved" | "mounted" | "skipped" | "sourceDigest" | "lacking" | "notices">>;

/**
 * Does with one image what is planned. A failure is in the result; of one that an abort ended the result says that it is `left`.
 * Requests: where `check` is set 1 HEAD a side for what is not skipped; then those of `execute`, for a retag 1 GET and 1 PUT.
 */
export async function applyImage(source: Source, entry: JobEntry, options: ApplyImageOptions): Promise<ImageResult> {
  const startedAtMs = performance.now();
  const { mirror, from, tag, to, targetTag } = entry.image;
  const counter = new RequestCounter(options.call.onExchange);
  const ended = (outcome: Outcome): ImageResult => ({
    mirror,
    from,
    tag,
    to,
    targetTag,
    ...NO_AMOUNTS,
    requests: totalRequests(counter.result()),
    tookMs: Math.round(performance.now() - startedAtMs),
    ...outcome,
  });
  const { call } = options;
  try {
    const counted = { ...call, onExchange: counter.count };
    const work = (signal = call.signal): Promise<Outcome> =>
      apply(source, entry, { ...options, call: { ...counted, signal } });
    return ended(await options.run.deadline.run(`${from}:${tag}`, call.signal, work));
  } catch (error) {
    if (call.signal.aborted) return ended({ outcome: "left" });
    const record = failureRecord(error);
    const isGone = options.check && record.side === "source" && record.code === "MANIFEST_UNKNOWN";
    const message = isGone ? `${record.message}; it was there when this was planned: plan anew` : record.message;
    return ended({ outcome: "failed", error: { ...record, message } });
  }
}

async function apply(source: Source, { image, target, steps }: JobEntry, options: ApplyImageOptions): Promise<Outcome> {
  const { action, there } = image;
  let { root } = image;
  const notices: string[] = [];
  let known = there;
  if (action === "skip") {
    const lost = options.check && image.sparse !== true ? await lostSince(source, image, target, options) : undefined;
    if (lost === undefined) return { outcome: "unchanged", digest: root ?? there ?? undefined };
    [known, root] = [lost, root ?? lost];
  } else if (options.check) {
    const checked = await check(source, image, target, options);
    if ("outcome" in checked) return checked;
    known = checked.there;
    notices.push(...checked.notices);
  }
  if (action === "retag" && root !== undefined && (!options.check || (await isAtSource(source, image, options)))) {
    const retagged = await retag(source, image, root, target, options);
    if (retagged !== undefined) return withNotices(retagged, notices);
  }
  const names = { store: source, reference: image.source ?? image.tag };
  const destination = { store: target, reference: image.targetTag };
  const { run, call, onEvent, feed, ownership } = options;
  const onReferrersTag = (tag: string, digest: Digest): void =>
    ownership.recordTag(image, { tag, digest, because: "written" });
  const common = { run, onEvent, onReferrersTag, feed, signal: call.signal, onExchange: call.onExchange };
  const result =
    steps === undefined
      ? await copy(
          names,
          { ...destination, missing: known === undefined ? undefined : known === null, there: known ?? undefined },
          {
            ...common,
            platforms: (image.platforms ?? []).map(parsePlatform),
            missingPlatforms: image.missingPlatforms,
            root,
            sparse: image.sparse,
            referrers: image.referrers,
          },
        )
      : await execute({ head: steps.head, actions: inOrder(steps.actions) }, names, destination, common);
  return withNotices(outcomeOf(result, known), notices);
}

function outcomeOf(
  { moved, mounted, skipped, root, source, lacking }: CopyResult,
  there: PlannedImage["there"],
): Outcome {
  const nothing = moved.count + mounted.count === 0;
  // Of a tag that was right only what refers to it, or lacks below it, was looked for.
  const outcome: ImageOutcome = nothing && there === root.digest ? "unchanged" : "copied";
  const from = source !== undefined && source.digest !== root.digest ? { sourceDigest: source.digest } : {};
  return { outcome, digest: root.digest, moved, mounted, skipped, ...from, ...(lacking && { lacking }) };
}

function withNotices(outcome: Outcome, notices: readonly string[]): Outcome {
  return notices.length === 0 ? outcome : { ...outcome, notices };
}

/** Whether the target is as planned, or done already; and whether the source's tag has moved, which changes nothing. */
async function check(
  source: Source,
  image: PlannedImage,
  target: SyncStore,
  { run, call, allowTargetMoved }: ApplyImageOptions,
): Promise<Outcome | { readonly there: Digest | null; readonly notices: readonly string[] }> {
  const writer = new Writer(target, { run, call, sourceName: source.name });
  const now = (await writer.resolve(image.targetTag, { mayBeHidden: true }))?.digest ?? null;
  if (image.root !== undefined && now === image.root && image.referrers !== true && image.sparse !== true) {
    const seen = await lookAtTag(target, image.targetTag, { run, call, source });
    if (seen?.isWhole !== false) return { outcome: "unchanged", digest: image.root };
  }
  if (image.there !== undefined && now !== image.there && now !== image.root && !allowTargetMoved) {
    const name = nameOf({ store: target, reference: image.targetTag });
    const was = image.there === null ? "was missing" : `was "${image.there}"`;
    const message = `Cannot put "${name}": it ${was} when this was planned, and ${now === null ? "is missing" : `is "${now}"`} now; plan anew, or allow it with --allow-target-moved`;
    return { outcome: "refused", error: { code: "TARGET_MOVED", message, side: "target" } };
  }
  return { there: now, notices: await sourceNotices(source, image, { run, call }) };
}

/** What a tag stands for that was to be left alone and has lost content since; undefined where it is as planned, or the plan says nothing of it. */
async function lostSince(
  source: Source,
  { targetTag, root, there }: PlannedImage,
  target: SyncStore,
  { run, call }: ApplyImageOptions,
): Promise<Digest | undefined> {
  const seen = await lookAtTag(target, targetTag, { run, call, source });
  if (seen?.root === undefined || seen.isWhole) return undefined;
  const planned = root ?? there ?? seen.root.digest;
  return seen.root.digest === planned ? planned : undefined;
}

async function sourceNotices(
  source: Source,
  image: PlannedImage,
  { run, call }: Pick<ApplyImageOptions, "run" | "call">,
): Promise<readonly string[]> {
  if (isDigest(image.tag) || image.source === undefined) return [];
  const name = nameOf({ store: source, reference: image.tag });
  const planned = `"${image.source}", as planned, is copied`;
  try {
    const { digest } = await new Reader(source, run, call).resolve(image.tag);
    return digest === image.source ? [] : [`${name} has moved to "${digest}": ${planned}`];
  } catch {
    call.signal.throwIfAborted();
    // Whether the content is there is seen when it is read.
    return [`${name} can't be resolved any more: ${planned}`];
  }
}

/** Whether the source has what a plan of another time says that it has. What it lacks is not put under a tag: the copy then fails. Requests: 1 HEAD. */
async function isAtSource(
  source: Source,
  { root, source: planned = root }: PlannedImage,
  { run, call }: ApplyImageOptions,
): Promise<boolean> {
  if (planned === undefined) return false;
  try {
    return (await new Reader(source, run, call).resolve(planned)).digest === planned;
  } catch {
    call.signal.throwIfAborted();
    return false;
  }
}

/** Undefined where the target has the content no more, or not all of it: then it is copied. */
async function retag(
  source: Source,
  image: PlannedImage,
  root: Digest,
  target: SyncStore,
  { run, call, onEvent }: ApplyImageOptions,
): Promise<Outcome | undefined> {
  const names = { from: `${image.from}:${image.tag}`, to: `${image.to}:${image.targetTag}` };
  const emit = (event: object): void => onEvent({ ...names, ...event } as CopyEvent);
  const writer = new Writer(target, { run, call, sourceName: image.from, emit });
  const whole = await wholeAt(target, root, { run, call, source });
  if (whole === undefined) return undefined;
  try {
    await writer.tag(whole, image.targetTag);
    return { outcome: "retagged", digest: root };
  } catch (error) {
    call.signal.throwIfAborted();
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MANIFEST_UNKNOWN" || code === "NAME_UNKNOWN" || childrenAreMissing(error)) return undefined;
    throw error;
  }
}

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}
