import chain from "stream-chain/core";
import { inFlight } from "../../concurrency/in-flight.ts";
import { lanesOf } from "../../concurrency/lanes.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { isPastDeadline } from "../../run/image-deadline.ts";
import { type OpenOptions, type OpenRepository, openRepository } from "../open-repository.ts";
import type { PlanTagOptions } from "../plan-tag-options.ts";
import { PrunePlanner } from "../prune/prune-planner.ts";
import { Routes } from "../route.ts";
import { NO_JOB, type SyncJob } from "../sync-job.ts";
import type { SyncRepository, SyncStores } from "../sync-repository.ts";
import { planDigestTags } from "./plan-digest-tags.ts";
import { planTag } from "./plan-tag.ts";

/** Repositories of a lane that are opened and listed ahead. Memory: their lists. */
const REPOSITORIES_AHEAD = 4;
/** Tags of a lane in planning: enough to keep the run's request slots busy with one HEAD a side for each. */
const TAGS_IN_FLIGHT = 48;

/** What flows between the stages: a repository, each of its tags, its end. */
type Selected = { readonly at: number } & (
  | { readonly step: "failed"; readonly spec: SyncRepository; readonly error: unknown }
  | { readonly step: "begin"; readonly repository: OpenRepository }
  | { readonly step: "end"; readonly repository: OpenRepository }
  | { readonly step: "tag"; readonly repository: OpenRepository; readonly tag: string }
);

/** A job, and which repository it is of. */
export interface PlannedJob extends SyncJob {
  /** The place of the repository among those that are planned; Infinity where a job comes after all of them. */
  readonly at: number;
}

/**
 * Plans mirrors: repositories → their tags → those selected → what is to be done with each. Each route from one registry to others is a lane of its own, with its own
 * share of what is in flight: a registry that takes long holds only its own lanes up. Deletions are the last lane, when all others are planned. Records flow, and are taken as they are needed: memory is that of the lists
 * of a few repositories and of the tags in planning of each lane, however many there are. What fails is in the jobs; the rest goes on.
 */
export async function* planRepositories(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  stores: SyncStores,
  options: PlanTagOptions,
): AsyncGenerator<AsyncIterable<PlannedJob>, void, void> {
  const prune = new PrunePlanner(options);
  const routes = new Routes();
  const planned: Promise<void>[] = [];
  const lanes = lanesOf(numbered(repositories), ({ spec }) => routes.of(spec), options.call.signal);
  for await (const lane of lanes) {
    const { promise, resolve } = Promise.withResolvers<void>();
    planned.push(promise);
    yield planLane(lane, { stores, prune, options, onEnd: resolve });
  }
  await Promise.all(planned);
  options.call.signal.throwIfAborted();
  yield last(prune.jobs());
}

interface NumberedRepository {
  readonly spec: SyncRepository;
  readonly at: number;
}

async function* numbered(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
): AsyncGenerator<NumberedRepository, void, void> {
  let at = 0;
  for await (const spec of repositories) {
    yield { spec, at };
    at += 1;
  }
}

async function* planLane(
  lane: AsyncIterable<NumberedRepository>,
  { stores, prune, options, onEnd }: LaneOptions,
): AsyncGenerator<PlannedJob, void, void> {
  try {
    const opened = inFlight(lane, REPOSITORIES_AHEAD, (repository) => open(repository, stores, options));
    const selected = chain([selectedTags]);
    const planned = inFlight(selected(opened), TAGS_IN_FLIGHT, (record) => plan(record, prune, options));
    yield* chain([eachJob])(planned);
  } finally {
    onEnd();
  }
}

interface LaneOptions {
  readonly stores: SyncStores;
  readonly prune: PrunePlanner;
  readonly options: PlanTagOptions;
  readonly onEnd: () => void;
}

async function* last(jobs: Iterable<SyncJob>): AsyncGenerator<PlannedJob, void, void> {
  for (const job of jobs) yield { ...job, at: Number.POSITIVE_INFINITY };
}

async function open({ spec, at }: NumberedRepository, stores: SyncStores, options: OpenOptions): Promise<Selected> {
  try {
    return { at, step: "begin", repository: await openRepository(spec, stores, options) };
  } catch (error) {
    options.call.signal.throwIfAborted();
    return { at, step: "failed", spec, error };
  }
}

function* selectedTags(record: Selected): Generator<Selected, void, void> {
  yield record;
  if (record.step !== "begin") return;
  const { repository, at } = record;
  for (const tag of repository.tags) yield { at, step: "tag", repository, tag };
  yield { at, step: "end", repository };
}

function* eachJob(jobs: readonly PlannedJob[]): Generator<PlannedJob, void, void> {
  yield* jobs;
}

async function plan(record: Selected, prune: PrunePlanner, options: PlanTagOptions): Promise<readonly PlannedJob[]> {
  const jobs = await jobsOf(record, prune, options);
  return jobs.map((job) => ({ ...job, at: record.at }));
}

async function jobsOf(record: Selected, prune: PrunePlanner, options: PlanTagOptions): Promise<readonly SyncJob[]> {
  if (record.step === "failed") {
    const { mirror, from } = record.spec;
    return [{ ...NO_JOB, name: from, unresolved: [{ mirror, from, error: failureRecord(record.error) }] }];
  }
  const { repository } = record;
  if (record.step === "begin") {
    const { spec, unresolved, notices, create } = repository;
    return [{ ...NO_JOB, name: spec.from, unresolved, notices, create }];
  }
  if (record.step === "end") {
    const following = noted(repository, await planDigestTags(repository, options));
    const tags = following.flatMap(({ entries }) => entries.map(({ image }) => image.targetTag));
    return [...following, await prune.look(repository, new Set(tags))];
  }
  const planning = planInTime(repository, record.tag, options).then((job) => noted(repository, [job]));
  // Without what it brings: a Set that much passes through keeps some of that until the next full collection.
  const over = planning.then(ignore, ignore);
  repository.pending.add(over);
  try {
    return await planning;
  } finally {
    repository.pending.delete(over);
  }
}

/** Plans a tag. One whose time is up fails alone. */
async function planInTime(repository: OpenRepository, tag: string, options: PlanTagOptions): Promise<SyncJob> {
  const { call, run } = options;
  const { mirror, from } = repository.spec;
  try {
    return await run.deadline.run(`${from}:${tag}`, call.signal, (signal = call.signal) =>
      planTag(repository, tag, { ...options, call: { ...call, signal } }),
    );
  } catch (error) {
    call.signal.throwIfAborted();
    if (!isPastDeadline(error)) throw error;
    return { ...NO_JOB, name: from, unresolved: [{ mirror, from, tag, error: failureRecord(error) }] };
  }
}

/** Remembers what could not be planned. */
function noted(repository: OpenRepository, jobs: readonly SyncJob[]): readonly SyncJob[] {
  for (const { unresolved } of jobs) for (const { from, to } of unresolved) repository.failed.add(to ?? from);
  return jobs;
}

function ignore(): void {}
