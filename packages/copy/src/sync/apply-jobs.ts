import type { Source } from "@tranship/core";
import type { CopyEvent } from "../events.ts";
import { forEachInFlight } from "../in-flight.ts";
import { CopyRun } from "../run.ts";
import { FanOut, type TargetFeed } from "../spool/fan-out.ts";
import { Spool } from "../spool/spool.ts";
import { applyImage } from "./apply-image.ts";
import { leftImage, ResultTally, unresolvedImage } from "./result-tally.ts";
import type { SyncJob } from "./sync-job.ts";
import type { ApplyOptions } from "./sync-options.ts";
import type { ImageResult, SyncResult } from "./sync-result.ts";

/** Tags of a source in flight. */
const IMAGES_IN_FLIGHT = 16;

/** Ends a run at its first failure. */
class FailFast extends Error {}

/**
 * Carries jobs out as they come: deletions last. One that fails leaves the others alone, unless `failFast` is set: what was not begun is `left` then.
 * @throws an abort rejects with `signal.reason` after everything has ended.
 */
export async function applyJobs(
  jobs: AsyncIterable<SyncJob> | Iterable<SyncJob>,
  options: ApplyOptions & {
    readonly check: boolean;
    readonly ending?: AbortController;
  },
): Promise<SyncResult> {
  const { run = new CopyRun(), images = IMAGES_IN_FLIGHT, allowTargetMoved = false, failFast = false } = options;
  const { tally = new ResultTally(), check, signal } = options;
  const ending = options.ending ?? new AbortController();
  const scope = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const call = { signal: scope, onExchange: countedBy(tally, options) };
  const onEvent = (event: CopyEvent): void => {
    tally.onEvent(event);
    options.onEvent?.(event);
  };
  const ended = (image: ImageResult): void => {
    tally.add(image);
    options.onImage?.(image);
  };
  const noteFailure = (): void => {
    if (failFast && tally.failed) ending.abort(new FailFast());
  };
  await using spool = new Spool({ limit: options.spoolLimit });
  const deletions: SyncJob[] = [];
  const say = (name: string, notice: string): void => {
    if (tally.notice(notice)) onEvent({ from: name, to: name, type: "notice", message: notice });
  };
  const work = async ({ name, source, entries }: SyncJob): Promise<void> => {
    if (source === undefined) return;
    const feeds = feedsFor(spool, source, entries);
    for (const notice of entries.flatMap(({ steps }) => steps?.head.notices ?? [])) say(name, notice);
    await Promise.all(
      entries.map(async (entry, at) => {
        const feed = feeds[at];
        try {
          scope.throwIfAborted();
          ended(await applyImage(source, entry, { run, call, onEvent, check, allowTargetMoved, feed }));
        } catch (error) {
          ended(leftImage(entry.image));
          if (!(scope.reason instanceof FailFast)) throw error;
        } finally {
          await feed?.end();
        }
        noteFailure();
      }),
    );
  };
  try {
    await forEachInFlight(jobs, images, async (job) => {
      for (const notice of job.notices) say(job.name, notice);
      for (const unresolved of job.unresolved) ended(unresolvedImage(unresolved));
      noteFailure();
      const [later, now] = split(job);
      if (later.entries.length > 0) deletions.push(later);
      await work(now);
    });
    await forEachInFlight(deletions, images, work);
  } catch (error) {
    if (!(scope.reason instanceof FailFast) || signal?.aborted === true) throw error;
  }
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

function split(job: SyncJob): readonly [deletions: SyncJob, others: SyncJob] {
  const isDeletion = ({ image }: SyncJob["entries"][number]): boolean => image.action === "delete";
  return [
    { ...job, entries: job.entries.filter(isDeletion) },
    { ...job, entries: job.entries.filter((entry) => !isDeletion(entry)) },
  ];
}
