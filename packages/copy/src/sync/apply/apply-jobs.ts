import type { Source } from "@tranship/core";
import { forEachInFlight } from "../../concurrency/in-flight.ts";
import { forEachLane } from "../../concurrency/lanes.ts";
import type { CopyEvent } from "../../events/events.ts";
import { finishedNotice, finishRepairs } from "../../repair/finish-repairs.ts";
import { CopyRun } from "../../run/run.ts";
import { FanOut, type TargetFeed } from "../../spool/fan-out.ts";
import { Spool } from "../../spool/spool.ts";
import { leftImage, ResultTally, unresolvedImage } from "../file/result-tally.ts";
import type { ImageResult, SyncResult } from "../file/sync-result.ts";
import { applyDeletions } from "../prune/apply-deletions.ts";
import { DeletionGroups } from "../prune/deletion-groups.ts";
import type { Ownership } from "../prune/ownership.ts";
import type { SyncJob } from "../sync-job.ts";
import type { ApplyOptions } from "../sync-options.ts";
import { applyImage } from "./apply-image.ts";

/** Target repositories in which tags are deleted at once. */
const DELETIONS_IN_FLIGHT = 4;
/** Tags of a source in flight, in each lane. */
const IMAGES_IN_FLIGHT = 16;

/** Ends a run at its first failure. */
class FailFast extends Error {}

/**
 * Carries jobs out as they come, each lane with a share of its own of what is in flight: deletions last, and at a target only where all of the rest went well. One that fails leaves the others alone, unless `failFast` is set:
 * what was not begun is `left` then.
 * @throws an abort rejects with `signal.reason` after everything has ended.
 */
export async function applyJobs(
  lanes: AsyncIterable<AsyncIterable<SyncJob>>,
  options: ApplyOptions & {
    readonly check: boolean;
    readonly ownership: Ownership;
    readonly ending?: AbortController;
  },
): Promise<SyncResult> {
  const { run = new CopyRun(), images = IMAGES_IN_FLIGHT, allowTargetMoved = false, failFast = false } = options;
  const { tally = new ResultTally(), ownership, check, signal, ignoreBrokenTags } = options;
  const ending = options.ending ?? new AbortController();
  const scope = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const call = { signal: scope, onExchange: countedBy(tally, options) };
  const onEvent = (event: CopyEvent): void => {
    // Many images have the same to say.
    if (event.type === "notice" && !tally.notice(event.message)) return;
    tally.onEvent(event);
    options.onEvent?.(event);
  };
  const deletions = new DeletionGroups();
  const ended = (image: ImageResult): void => {
    deletions.note(image);
    tally.add(image);
    options.onImage?.(image);
  };
  const noteFailure = (): void => {
    if (failFast && tally.failed) ending.abort(new FailFast());
  };
  await using spool = new Spool({ limit: options.spoolLimit });
  const say = (name: string, notice: string): void => {
    onEvent({ from: name, to: name, type: "notice", message: notice });
  };
  const work = async ({ name, source, entries }: SyncJob): Promise<void> => {
    if (source === undefined) return;
    const feeds = feedsFor(spool, source, entries);
    for (const notice of entries.flatMap(({ steps }) => steps?.head.notices ?? [])) say(name, notice);
    const settled = await Promise.allSettled(
      entries.map(async (entry, at) => {
        const feed = feeds[at];
        const how = { run, call, onEvent, check, allowTargetMoved, ownership, feed };
        // An abort shows in the image.
        const finishing = finishRepairs(source, entry.target, { run, call, onEvent, deletes: false });
        for (const repair of await finishing.catch(() => [])) say(name, finishedNotice(repair, entry.target));
        const image = scope.aborted ? leftImage(entry.image) : await applyImage(source, entry, how);
        await feed?.end();
        ownership.record(entry.image, image, { isCompared: !check });
        ended(image);
        if (image.outcome === "left" && !(scope.reason instanceof FailFast)) scope.throwIfAborted();
        noteFailure();
      }),
    );
    // Not before every target has ended: what is told later would be told twice.
    for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
  };
  try {
    const begin = async (job: SyncJob): Promise<void> => {
      for (const notice of job.notices) say(job.name, notice);
      for (const unresolved of job.unresolved) ended(unresolvedImage(unresolved));
      noteFailure();
      if (job.source !== undefined)
        for (const entry of job.entries) if (check || entry.image.action === "delete") deletions.add(job.source, entry);
      await work({ ...job, entries: job.entries.filter(({ image }) => image.action !== "delete") });
    };
    await forEachLane(lanes, (jobs) => forEachInFlight(jobs, images, begin));
  } catch (error) {
    if (!(scope.reason instanceof FailFast) || signal?.aborted === true) throw error;
  }
  signal?.throwIfAborted();
  // What is deleted at one target is not ended in the middle by a failure at another one: then it could not be said what is gone.
  const deletionCall = { ...call, signal: signal ?? new AbortController().signal };
  const deleting = { run, check, ownership, call: deletionCall, ignoreBrokenTags, onEvent, ended };
  await forEachInFlight(deletions.groups(), DELETIONS_IN_FLIGHT, async (group) => {
    if (scope.aborted) for (const image of group.images) ended(leftImage(image));
    else await applyDeletions(group, deleting);
    noteFailure();
  });
  await ownership.settled();
  signal?.throwIfAborted();
  return tally.result(run);
}

/** The requests of a run, as the tally and who else wants to know of them are told of each. */
export function countedBy(
  tally: ResultTally,
  { onExchange }: Pick<ApplyOptions, "onExchange">,
): NonNullable<ApplyOptions["onExchange"]> {
  return (request) => {
    tally.onExchange(request);
    onExchange?.(request);
  };
}

/** One source for several registries: what one of them reads is kept for the others. Within a registry it is mounted. */
function feedsFor(spool: Spool, source: Source, entries: SyncJob["entries"]): readonly TargetFeed[] {
  const copies = entries.filter(({ image }) => image.action === "copy");
  const registries = new Set(copies.map(({ target }) => target.place?.host ?? target.name));
  return registries.size < 2 ? [] : new FanOut(spool, source, entries.length).feeds;
}
