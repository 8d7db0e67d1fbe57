import { StoreError } from "@tranship/core";
import { atOnce } from "../../at-once.ts";
import { isDigestTag } from "../../digest-tags.ts";
import type { OnEvent } from "../../events.ts";
import { failureRecord } from "../../failure-record.ts";
import { inFlight } from "../../in-flight.ts";
import { RequestCounter, totalRequests } from "../../request-count.ts";
import { NO_AMOUNTS } from "../../result.ts";
import { Writer } from "../../writer.ts";
import type { SyncStore } from "../sync-job.ts";
import type { PlannedImage } from "../sync-plan.ts";
import type { ImageResult } from "../sync-result.ts";
import { deleteByDigest } from "./delete-by-digest.ts";
import type { DeletionGroup } from "./deletion-groups.ts";
import { type DeletionCall, type DeletionResult, DeletionResults, movedResult } from "./deletion-result.ts";

/** Tags of one target that are looked at at once. */
const AT_ONCE = 16;

export interface ApplyDeletionsOptions extends DeletionCall {
  /** Whether everything is looked at first: the plan is of another time. */
  readonly check: boolean;
  readonly onEvent: OnEvent;
  /** Told of each tag, also where the run is aborted. */
  readonly ended: (image: ImageResult) => void;
}

/**
 * Deletes tags of one target: alone where the registry can do that, else by `deleteByDigest`. Digest tags go last, when all else is gone. Where something of what is to stay
 * there failed, or is not as it was planned, nothing is deleted.
 * Requests: 1 DELETE a tag; where `check` is set 1 HEAD before for each, and for each tag that is to stay untouched.
 * @throws an abort rejects with `signal.reason`. Whatever else fails `ended` is told.
 */
export async function applyDeletions(group: DeletionGroup, options: ApplyDeletionsOptions): Promise<void> {
  const results = new DeletionResults(options.onEvent);
  try {
    await deleteAll(group, options, results);
  } finally {
    for (const image of group.images) options.ended(resultOf(image, results.get(image)));
  }
}

async function deleteAll(
  group: DeletionGroup,
  options: ApplyDeletionsOptions,
  results: DeletionResults,
): Promise<void> {
  const { target, images } = group;
  const incomplete = group.complete ? await whyIncomplete(group, options) : NOT_ALL;
  if (incomplete !== undefined) {
    for (const image of images) results.set(image, { outcome: "kept", why: incomplete });
    return;
  }
  if (options.check) await each(images, results, options, (image, call) => unlessMoved(target, image, call));
  const open = images.filter((image) => !results.has(image));
  const ordered = [...open.filter((image) => !isOfDigest(image)), ...open.filter(isOfDigest)];
  const [first, ...rest] = ordered;
  if (first === undefined) return;
  let isAlone = true;
  await each([first], results, options, async (image, call) => {
    const began = await deleteTag(target, image, call);
    if (began !== "by digest only") return began;
    isAlone = false;
    return undefined;
  });
  if (!isAlone) return deleteByDigest(target, ordered, options, results);
  const alone = async (image: PlannedImage, call: DeletionCall): Promise<DeletionResult> => {
    const result = await deleteTag(target, image, call);
    return result === "by digest only" ? { outcome: "kept", why: "the registry does not delete it alone" } : result;
  };
  const [digestTags, tags] = [rest.filter(isOfDigest), rest.filter((image) => !isOfDigest(image))];
  await each(tags, results, options, alone);
  const left = images.find((image) => !isOfDigest(image) && !isGone(results.get(image)));
  if (left === undefined) return each(digestTags, results, options, alone);
  const why = `"${left.targetTag}" was not deleted, and it may be about that`;
  for (const image of digestTags) results.set(image, { outcome: "kept", why });
}

const NOT_ALL = "not all that is to stay there could be copied";

/** Whether it was deleted, now or before. */
function isGone(result: DeletionResult | undefined): boolean {
  return result?.outcome === "deleted" || result?.outcome === "unchanged";
}

function isOfDigest({ targetTag }: PlannedImage): boolean {
  return isDigestTag(targetTag);
}

/** Does something for each, and counts its requests; undefined leaves it for later, an error is its failure. */
async function each(
  images: readonly PlannedImage[],
  results: DeletionResults,
  { run, call }: DeletionCall,
  task: (image: PlannedImage, call: DeletionCall) => Promise<DeletionResult | undefined>,
): Promise<void> {
  await atOnce(images, async (image) => {
    const counter = new RequestCounter(call.onExchange);
    try {
      const result = await task(image, { run, call: { ...call, onExchange: counter.count } });
      if (result !== undefined) results.set(image, { ...result, requests: totalRequests(counter.result()) });
    } catch (error) {
      call.signal.throwIfAborted();
      results.fail(image, error, { requests: totalRequests(counter.result()) });
    }
  });
}

/** Deletes a tag and nothing else. */
async function deleteTag(
  target: SyncStore,
  { targetTag, to }: PlannedImage,
  { run, call }: DeletionCall,
): Promise<DeletionResult | "by digest only"> {
  try {
    await run.requestSlots(target)(async () => {
      call.signal.throwIfAborted();
      if (target.untag === undefined)
        throw new StoreError("UNSUPPORTED", `Cannot delete "${to}:${targetTag}": tags can't be deleted there`);
      await target.untag(targetTag, { ...call, byDigest: false });
    });
    return { outcome: "deleted" };
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return { outcome: "deleted" };
    if (error instanceof StoreError && error.code === "LOCKED") return { outcome: "kept", why: "it is locked" };
    if (error instanceof StoreError && error.code === "UNSUPPORTED") return "by digest only";
    throw error;
  }
}

/** What is to be said of a tag that stands for something else now; undefined where it is as it was planned. */
async function unlessMoved(
  target: SyncStore,
  image: PlannedImage,
  { run, call }: DeletionCall,
): Promise<DeletionResult | undefined> {
  const { targetTag, from, there } = image;
  const writer = new Writer(target, { run, call, sourceName: from });
  const now = (await writer.resolve(targetTag, { mayBeHidden: false }))?.digest;
  if (now === undefined) return { outcome: "unchanged" };
  return now === there ? undefined : movedResult(image, now);
}

/** Whether a tag that is to stay untouched is there no more, or is another one. */
async function whyIncomplete(
  { target, unchanged }: DeletionGroup,
  { run, call }: DeletionCall,
): Promise<string | undefined> {
  const looking = inFlight(unchanged, AT_ONCE, async ({ to, targetTag, from, root, there }) => {
    const writer = new Writer(target, { run, call, sourceName: from });
    const now = (await writer.resolve(targetTag, { mayBeHidden: false }))?.digest;
    const expected = root ?? there ?? now;
    return now === undefined || now !== expected
      ? `${to}:${targetTag}, which is to stay, is not as it was planned`
      : undefined;
  });
  try {
    for await (const wrong of looking) if (wrong !== undefined) return wrong;
    return undefined;
  } catch (error) {
    call.signal.throwIfAborted();
    return `what is to stay there can't be looked at: ${failureRecord(error).message}`;
  }
}

function resultOf(
  { mirror, from, tag, to, targetTag, there }: PlannedImage,
  result: DeletionResult = { outcome: "left" },
): ImageResult {
  return {
    mirror,
    from,
    tag,
    to,
    targetTag,
    digest: there ?? undefined,
    ...NO_AMOUNTS,
    requests: 0,
    tookMs: 0,
    ...result,
  };
}
