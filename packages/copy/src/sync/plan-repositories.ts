import chain from "stream-chain/core";
import { failureRecord } from "../failure-record.ts";
import { inFlight } from "../in-flight.ts";
import { type OpenOptions, type OpenRepository, openRepository } from "./open-repository.ts";
import { planDigestTags } from "./plan-digest-tags.ts";
import { planTag } from "./plan-tag.ts";
import type { PlanTagOptions } from "./plan-tag-options.ts";
import { PrunePlanner } from "./prune/prune-planner.ts";
import { NO_JOB, type SyncJob } from "./sync-job.ts";
import type { SyncRepository, SyncStores } from "./sync-repository.ts";

/** Repositories that are opened and listed ahead. Memory: their lists. */
const REPOSITORIES_AHEAD = 4;
/** Tags in planning: enough to keep the run's request slots busy with one HEAD a side for each. */
const TAGS_IN_FLIGHT = 48;

/** What flows between the stages: a repository, each of its tags, its end. */
type Selected =
  | { readonly step: "failed"; readonly spec: SyncRepository; readonly error: unknown }
  | { readonly step: "begin"; readonly repository: OpenRepository }
  | { readonly step: "end"; readonly repository: OpenRepository }
  | { readonly step: "tag"; readonly repository: OpenRepository; readonly tag: string };

/**
 * Plans mirrors: repositories → their tags → those selected → what is to be done with each. Records flow, and are taken as they are needed: memory is that of the lists
 * of a few repositories and of the tags in planning, however many there are. What fails is in the jobs; the rest goes on.
 */
export async function* planRepositories(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  stores: SyncStores,
  options: PlanTagOptions,
): AsyncGenerator<SyncJob, void, void> {
  const opened = inFlight(repositories, REPOSITORIES_AHEAD, (spec) => open(spec, stores, options));
  const selected = chain([selectedTags]);
  const prune = new PrunePlanner(options);
  const planned = inFlight(selected(opened), TAGS_IN_FLIGHT, (record) => plan(record, prune, options));
  yield* chain([eachJob])(planned);
  yield* prune.jobs();
}

async function open(spec: SyncRepository, stores: SyncStores, options: OpenOptions): Promise<Selected> {
  try {
    return { step: "begin", repository: await openRepository(spec, stores, options) };
  } catch (error) {
    options.call.signal.throwIfAborted();
    return { step: "failed", spec, error };
  }
}

function* selectedTags(record: Selected): Generator<Selected, void, void> {
  yield record;
  if (record.step !== "begin") return;
  const { repository } = record;
  for (const tag of repository.tags) yield { step: "tag", repository, tag };
  yield { step: "end", repository };
}

function* eachJob(jobs: readonly SyncJob[]): Generator<SyncJob, void, void> {
  yield* jobs;
}

async function plan(record: Selected, prune: PrunePlanner, options: PlanTagOptions): Promise<readonly SyncJob[]> {
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
  const planning = planTag(repository, record.tag, options).then((job) => noted(repository, [job]));
  // Without what it brings: a Set that much passes through keeps some of that until the next full collection.
  const over = planning.then(ignore, ignore);
  repository.pending.add(over);
  try {
    return await planning;
  } finally {
    repository.pending.delete(over);
  }
}

/** Remembers what could not be planned. */
function noted(repository: OpenRepository, jobs: readonly SyncJob[]): readonly SyncJob[] {
  for (const { unresolved } of jobs) for (const { from, to } of unresolved) repository.failed.add(to ?? from);
  return jobs;
}

function ignore(): void {}
