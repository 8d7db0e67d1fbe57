import { forEachLane } from "../../concurrency/lanes.ts";
import { RequestCounter } from "../../events/request-count.ts";
import { CopyRun } from "../../run/run.ts";
import { type PlannedImage, SYNC_PLAN_VERSION, type SyncPlan, type Unresolved } from "../file/sync-plan.ts";
import { PlanLedger } from "../plan-ledger.ts";
import { Ownership } from "../prune/ownership.ts";
import type { SyncPlanOptions } from "../sync-options.ts";
import type { SyncRepository, SyncStores } from "../sync-repository.ts";
import { TagClaims } from "../tag-claims.ts";
import { type PlannedJob, planRepositories } from "./plan-repositories.ts";

/**
 * Finds out what keeps mirrors in step, and changes nothing. What can't be found out is in the plan's `unresolved`; the rest is planned.
 * Requests: those of `openRepository` for each repository and of `planTag` for each tag. Memory: about 0.5 kB an image, and what `planRepositories` needs.
 * @throws an abort rejects with `signal.reason`.
 */
export async function planSync(
  repositories: AsyncIterable<SyncRepository> | Iterable<SyncRepository>,
  stores: SyncStores,
  options: SyncPlanOptions = {},
): Promise<SyncPlan> {
  const {
    run = new CopyRun(),
    owner,
    depth = "uncounted",
    trustMs,
    ignoreBrokenTags,
    signal = new AbortController().signal,
  } = options;
  const counter = new RequestCounter(options.onExchange, options.asked);
  const ledger = new PlanLedger();
  const call = { signal, onExchange: counter.count };
  const images: PlannedImage[] = [];
  const unresolved: Unresolved[] = [...(options.unresolved ?? [])];
  const notices = new Set<string>();
  const create = new Set<string>();
  const found: FoundJob[] = [];
  const lanes = planRepositories(repositories, stores, {
    run,
    ledger,
    claims: new TagClaims(),
    ownership: new Ownership(owner, run),
    depth,
    call,
    trustMs,
    ignoreBrokenTags,
  });
  await forEachLane(lanes, async (lane) => {
    for await (const job of lane) found.push(foundIn(job));
  });
  // In the order of the repositories, whichever was looked at first.
  for (const job of found.toSorted((a, b) => a.at - b.at)) {
    images.push(...job.images);
    unresolved.push(...job.unresolved);
    for (const notice of job.notices) notices.add(notice);
    for (const repository of job.create) create.add(repository);
  }
  signal.throwIfAborted();
  return {
    version: SYNC_PLAN_VERSION,
    kind: "plan",
    createdAt: new Date().toISOString(),
    ...(owner !== undefined && { owner }),
    images,
    hosts: ledger.hosts,
    create: [...create],
    unresolved,
    notices: [...notices],
    requests: counter.result(),
  };
}

/** What a plan says of a job: not its steps, which take more memory. */
type FoundJob = Pick<PlannedJob, "at" | "unresolved" | "notices" | "create"> & {
  readonly images: readonly PlannedImage[];
};

function foundIn({ at, entries, unresolved, notices, create }: PlannedJob): FoundJob {
  const steps = entries.flatMap((entry) => entry.steps?.head.notices ?? []);
  return { at, images: entries.map(({ image }) => image), unresolved, notices: [...notices, ...steps], create };
}
