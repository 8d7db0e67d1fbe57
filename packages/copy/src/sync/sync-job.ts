import type { Source, Target } from "@tranship/core";
import type { PlanAction, PlanHead } from "../copy/plan.ts";
import type { PlannedImage, Unresolved } from "./file/sync-plan.ts";
import type { TargetContent } from "./prune/target-content.ts";

/** A target as it is planned for. */
export type SyncStore = Target & Pick<Source, "tags" | "listedTags" | "referrers"> & Partial<Pick<Source, "open">>;

/** A target that is read too: what is to be pruned. */
export type ReadableStore = SyncStore & Pick<Source, "open">;

/** Whether manifests can be read there. */
export function isReadable(store: SyncStore): store is ReadableStore {
  return store.open !== undefined;
}

/** One tag at one target, with the steps where they are known: not for a file. */
export interface JobEntry {
  readonly image: PlannedImage;
  readonly target: SyncStore;
  readonly steps?: { readonly head: PlanHead; readonly actions: readonly PlanAction[] } | undefined;
  /** Of a deletion: what the target's tags lead to, as far as planning has read it. */
  readonly content?: TargetContent | undefined;
}

/** What is done with one tag of a source at all of its targets: the source is read once for them. */
export interface SyncJob {
  /** What messages call it. */
  readonly name: string;
  /** Undefined where nothing could be looked at. */
  readonly source: Source | undefined;
  readonly entries: readonly JobEntry[];
  readonly unresolved: readonly Unresolved[];
  readonly notices: readonly string[];
  /** Target repositories that are not there. */
  readonly create: readonly string[];
}

/** A job with nothing in it. */
export const NO_JOB: Omit<SyncJob, "name"> = {
  source: undefined,
  entries: [],
  unresolved: [],
  notices: [],
  create: [],
};
