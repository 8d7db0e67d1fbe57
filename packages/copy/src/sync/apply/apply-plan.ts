import chain from "stream-chain/core";
import { lanesOf } from "../../concurrency/lanes.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { CopyRun } from "../../run/run.ts";
import { ResultTally } from "../file/result-tally.ts";
import type { PlannedImage, SyncPlan, Unresolved } from "../file/sync-plan.ts";
import type { SyncResult } from "../file/sync-result.ts";
import { SharedSource } from "../plan/shared-source.ts";
import { Ownership } from "../prune/ownership.ts";
import { routeOf } from "../route.ts";
import { type JobEntry, NO_JOB, type SyncJob } from "../sync-job.ts";
import type { ApplyOptions } from "../sync-options.ts";
import type { SyncStores } from "../sync-repository.ts";
import { applyJobs } from "./apply-jobs.ts";

/**
 * Does what a plan says, with the digests that it names, whatever became of the source's tags since; a target's tag that is neither as planned nor done is refused.
 * It may be run again, after a kill too: what is done is seen to be done.
 * Requests: 1 HEAD at the target for each image that is not skipped, at the source 1 for each tag that is not done at every target, and those of the copies. Memory: the plan, and that of the images in flight.
 * @throws an abort rejects with `signal.reason` after everything has ended. Whatever else fails is in the result.
 */
export async function applyPlan(plan: SyncPlan, stores: SyncStores, options: ApplyOptions = {}): Promise<SyncResult> {
  const { run = new CopyRun(), tally = new ResultTally() } = options;
  const ownership = new Ownership(plan.owner, run);
  try {
    return await applyJobs(lanesIn(plan, stores, options.signal), {
      ...options,
      run,
      tally,
      ownership,
      check: true,
    });
  } catch (error) {
    tally.leaveRest(plan.images);
    throw error;
  }
}

/** The images of each route from one registry to others are a lane. */
async function* lanesIn(
  { unresolved, notices, images }: SyncPlan,
  stores: SyncStores,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<AsyncIterable<SyncJob>, void, void> {
  yield only({ ...NO_JOB, name: "plan", unresolved, notices });
  const routeOfGroup = (group: readonly PlannedImage[]): string =>
    routeOf(
      group[0]?.from ?? "",
      group.map(({ to }) => to),
    );
  for await (const lane of lanesOf(bySource(images), routeOfGroup, signal)) {
    yield chain([(group: readonly PlannedImage[]) => openJob(group, stores)])(lane);
  }
}

async function* only(job: SyncJob): AsyncGenerator<SyncJob, void, void> {
  yield job;
}

/** Images of one source, which stand together in a plan. */
function* bySource(images: readonly PlannedImage[]): Generator<readonly PlannedImage[], void, void> {
  let group: PlannedImage[] = [];
  for (const image of images) {
    const [first] = group;
    if (
      first !== undefined &&
      (first.from !== image.from || first.tag !== image.tag || first.source !== image.source)
    ) {
      yield group;
      group = [];
    }
    group.push(image);
  }
  if (group.length > 0) yield group;
}

/** Opens what the images name. What can't be opened has failed, and the rest goes on. */
async function openJob(images: readonly PlannedImage[], stores: SyncStores): Promise<SyncJob> {
  const [first] = images;
  const job = { name: first?.from ?? "plan", source: undefined, entries: [], unresolved: [], notices: [], create: [] };
  if (first === undefined) return job;
  const failed = ({ mirror, from, tag, to }: PlannedImage, error: unknown): Unresolved => ({
    mirror,
    from,
    tag,
    to,
    error: failureRecord(error),
  });
  try {
    const opened = await stores.source(first.from);
    const source = images.length > 1 ? new SharedSource(opened) : opened;
    const unresolved: Unresolved[] = [];
    const entries: JobEntry[] = [];
    for (const image of images) {
      try {
        entries.push({ image, target: await stores.target(image.to) });
      } catch (error) {
        unresolved.push(failed(image, error));
      }
    }
    return { ...job, source, entries, unresolved };
  } catch (error) {
    return { ...job, unresolved: images.map((image) => failed(image, error)) };
  }
}
