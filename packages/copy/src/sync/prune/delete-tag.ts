import { StoreError } from "@tranship/core";
import { atOnce } from "../../concurrency/at-once.ts";
import { RequestCounter, totalRequests } from "../../events/request-count.ts";
import { Writer } from "../../run/writer.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { SyncStore } from "../sync-job.ts";
import { type DeletionOptions, type DeletionResult, type DeletionResults, movedResult } from "./deletion-result.ts";

/**
 * Deletes a tag and nothing else, if it still points to what was planned. Requests: 1 HEAD and 1
 * DELETE. No registry has a conditional DELETE, so whoever moves the tag between the two loses it.
 */
export async function deleteTag(
  target: SyncStore,
  image: PlannedImage,
  options: DeletionOptions,
): Promise<DeletionResult | "by digest only"> {
  const { run, call } = options;
  const { targetTag, to, from, there } = image;
  const now = (await new Writer(target, { run, call, sourceName: from }).resolve(targetTag, { mayBeHidden: false }))
    ?.digest;
  if (now === undefined) return { outcome: "kept", why: "it is listed and has no manifest (404)" };
  if (now !== there) return movedResult(image, now, options);
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

/**
 * Does something for each image and counts its requests. Undefined leaves it for later, an error is
 * its failure.
 */
export async function forEachImage(
  images: readonly PlannedImage[],
  results: DeletionResults,
  options: DeletionOptions,
  task: (image: PlannedImage, options: DeletionOptions) => Promise<DeletionResult | undefined>,
): Promise<void> {
  const { call } = options;
  await atOnce(images, async (image) => {
    const counter = new RequestCounter(call.onExchange);
    try {
      const result = await task(image, { ...options, call: { ...call, onExchange: counter.count } });
      if (result !== undefined) results.set(image, { ...result, requests: totalRequests(counter.result()) });
    } catch (error) {
      call.signal.throwIfAborted();
      results.fail(image, error, { requests: totalRequests(counter.result()) });
    }
  });
}
