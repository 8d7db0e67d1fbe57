import { CopyRun } from "../run/run.ts";
import { applyJobs, countedBy } from "./apply/apply-jobs.ts";
import { ResultTally } from "./file/result-tally.ts";
import type { SyncResult } from "./file/sync-result.ts";
import { planRepositories } from "./plan/plan-repositories.ts";
import { PlanLedger } from "./plan-ledger.ts";
import { Ownership } from "./prune/ownership.ts";
import { NO_JOB, type SyncJob } from "./sync-job.ts";
import type { ApplyOptions, SyncPlanOptions } from "./sync-options.ts";
import type { SyncRepository, SyncStores } from "./sync-repository.ts";
import { TagClaims } from "./tag-claims.ts";

/**
 * Keeps mirrors in step: plans and carries out at the same time, tag by tag. What planning reads is not read again.
 * Requests: those of `planSync` and of what it finds to do. Memory: that of the images in flight, and about 0.5 kB for each image's result.
 * @throws an abort rejects with `signal.reason` after everything has ended. Whatever else fails is in the result.
 */
export async function sync(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  stores: SyncStores,
  options: SyncPlanOptions & ApplyOptions = {},
): Promise<SyncResult> {
  const {
    run = new CopyRun(),
    owner,
    depth = "content",
    trustMs,
    ignoreBrokenTags,
    signal,
    tally = new ResultTally(),
  } = options;
  const ending = new AbortController();
  const scope = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const call = { signal: scope, onExchange: countedBy(tally, options) };
  const ownership = new Ownership(owner, run);
  const lanes = planRepositories(repositories, stores, {
    run,
    ledger: new PlanLedger(),
    claims: new TagClaims(),
    ownership,
    depth,
    call,
    trustMs,
    ignoreBrokenTags,
  });
  return applyJobs(withUnresolved(lanes, options, tally), {
    ...options,
    run,
    tally,
    ownership,
    check: false,
    ending,
  });
}

/** The lanes, and at their end what could not even be named. */
async function* withUnresolved(
  lanes: AsyncIterable<AsyncIterable<SyncJob>>,
  { unresolved = [], asked = [] }: SyncPlanOptions,
  tally: ResultTally,
): AsyncGenerator<AsyncIterable<SyncJob>, void, void> {
  try {
    yield* lanes;
    yield only({ ...NO_JOB, name: "sync", unresolved });
  } finally {
    for (const request of asked) tally.onExchange(request);
  }
}

async function* only(job: SyncJob): AsyncGenerator<SyncJob, void, void> {
  yield job;
}
