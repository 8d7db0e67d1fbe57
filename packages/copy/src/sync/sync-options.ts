import type { CallOptions, RequestRecord } from "@tranship/core";
import type { OnEvent } from "../events/events.ts";
import type { CopyRun } from "../run/run.ts";
import type { ResultTally } from "./file/result-tally.ts";
import type { Unresolved } from "./file/sync-plan.ts";
import type { ImageResult } from "./file/sync-result.ts";
import type { PlanDepth } from "./plan-tag-options.ts";

/** How a plan is made. */
export interface SyncPlanOptions {
  /**
   * Names whatever the mirrors are defined in, such as their file: tags are recorded as these
   * mirrors' own under this name, in the journal of the run. Two programs with different names own
   * nothing of each other's. Default: nothing is recorded, and only `ownership: "pattern"` prunes.
   */
  readonly owner?: string | undefined;
  /** Shares work, limits and what is known with other copies. Default: a run of its own. */
  readonly run?: CopyRun | undefined;
  /** Default: `uncounted` for a plan that is written down, `content` where it is carried out at once, since what it reads is needed then. */
  readonly depth?: PlanDepth | undefined;
  /** What could not even be named, such as the repositories of a catalogue: it fails with the rest. Read when the repositories have ended. */
  readonly unresolved?: readonly Unresolved[] | undefined;
  /** Requests that it took to find what is handed in, such as those for a catalogue: they are counted with the rest. Read when the repositories have ended. */
  readonly asked?: readonly RequestRecord[] | undefined;
  /**
   * How old what the source's store remembers of a tag (`Source.lastSeen`) may be, in ms: the source is not asked where every target has what the tag stood for then. What has to be copied is
   * always asked for. Default: each tag is asked for.
   */
  readonly trustMs?: number | undefined;
  /** Whether tags that are listed and have no manifest matter not: those of a source are left out, and those of a target do not keep others from deletion. Default: no. */
  readonly ignoreBrokenTags?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each request, as it was answered. */
  readonly onExchange?: CallOptions["onExchange"];
}

/** How a plan is carried out. */
export interface ApplyOptions {
  readonly run?: CopyRun | undefined;
  /** Images in flight. Default 16. */
  readonly images?: number | undefined;
  /** What several targets of one source may keep on disk meanwhile, in bytes; beyond it each fetches by itself. Default 10 GiB. */
  readonly spoolLimit?: number | undefined;
  /** Whether a target's tag that is neither as planned nor done is moved all the same. Default: it is refused. */
  readonly allowTargetMoved?: boolean | undefined;
  /** Whether tags of a target that are listed and have no manifest do not keep others from deletion. Default: nothing is deleted there. */
  readonly ignoreBrokenTags?: boolean | undefined;
  /** Whether the first failure ends the run. Default: the rest is done. */
  readonly failFast?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
  /** Told of each request, as it was answered. */
  readonly onExchange?: CallOptions["onExchange"];
  /** Collects how images go: whoever hands in one of their own can have the result of a run that was aborted too. */
  readonly tally?: ResultTally | undefined;
  /** Told of each image that has ended. */
  readonly onImage?: ((result: ImageResult) => void) | undefined;
}
