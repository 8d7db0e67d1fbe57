export type { Unusable } from "@tranship/core";
export { type OnSetAside, type OpenJournalOptions, openJournal, type StateFolder, stateFolderAt } from "@tranship/core";
export { atOnce } from "./concurrency/at-once.ts";
export { copy } from "./copy/copy.ts";
export { type CosignTags, type CosignTagsOptions, copyCosignTags } from "./copy/copy-cosign-tags.ts";
export type { CopyOptions, Destination, Origin } from "./copy/copy-options.ts";
export {
  type CopyTagsOptions,
  copyTags,
  failures,
  type TagFailure,
  type TagOutcome,
  type TagsResult,
} from "./copy/copy-tags.ts";
export { cosignTagsLeft } from "./copy/digest-tags.ts";
export { type ExecuteOptions, execute } from "./copy/execute.ts";
export type { Plan, PlanAction, PlanHead } from "./copy/plan.ts";
export { planCopy } from "./copy/plan-copy.ts";
export { SOURCE_DIGEST_ANNOTATION } from "./copy/platforms.ts";
export { type Amount, type CopyResult, sumAmounts, Tally } from "./copy/result.ts";
export { type Verified, verifyImage } from "./copy/verify-image.ts";
export { CopyError, type CopyErrorInit } from "./events/errors.ts";
export type { CopyEvent, OnEvent, SkipReason } from "./events/events.ts";
export { type FailureRecord, failureRecord, storeErrorIn } from "./events/failure-record.ts";
export { nameOf } from "./events/image-name.ts";
export {
  addRequests,
  type CopyNames,
  type OnCopyExchange,
  type RequestCount,
  RequestCounter,
  totalRequests,
} from "./events/request-count.ts";
export type { Retries, RetryCount } from "./events/retry-count.ts";
export type { Deletion } from "./inventory/deletion.ts";
export {
  type DeletionOutcome,
  type ExecuteDeletionsOptions,
  executeDeletions,
} from "./inventory/execute-deletions.ts";
export { readImageTime } from "./inventory/image-time.ts";
export type { Inventory, InventoryManifest, Lock } from "./inventory/inventory.ts";
export {
  compareLooks,
  type LookAgainOptions,
  type LookableAgain,
  lookAgain,
  resolveKnown,
  type SecondLook,
} from "./inventory/look-again.ts";
export { childManifests } from "./inventory/manifest-links.ts";
export type { OnBrokenTags } from "./inventory/open-tags.ts";
export { type PlannedDeletions, planDeletions, type Wanted } from "./inventory/plan-deletions.ts";
export { type ImageTime, type Readable, type ReadInventoryOptions, readInventory } from "./inventory/read-inventory.ts";
export { Relations } from "./inventory/relations.ts";
export type { Difference } from "./repair/difference.ts";
export type { MissingPlatforms } from "./run/platform-choice.ts";
export { CopyRun, type RunOptions, type Shared, type WorkKey } from "./run/run.ts";
export { type Traffic, type TrafficCount, TrafficMeter } from "./run/traffic.ts";
export { FanOut, type TargetFeed } from "./spool/fan-out.ts";
export type { GrowingContent } from "./spool/growing-content.ts";
export { type KeptReading, PersistentSpool, type PersistentSpoolOptions } from "./spool/persistent-spool.ts";
export { Spool, type SpoolOptions } from "./spool/spool.ts";
export { applyPlan } from "./sync/apply/apply-plan.ts";
export { CreatedTimes, type CreatedTimesOptions, type DatedTags } from "./sync/created-times.ts";
export { parseSyncPlan } from "./sync/file/parse-sync-plan.ts";
export { ResultTally } from "./sync/file/result-tally.ts";
export {
  type HostCost,
  OWNERSHIP_REASONS,
  type PlannedContent,
  type PlannedImage,
  SYNC_ACTIONS,
  SYNC_PLAN_VERSION,
  SYNC_REASONS,
  type SyncAction,
  type SyncPlan,
  type SyncReason,
  type TagOwnership,
  type Unresolved,
} from "./sync/file/sync-plan.ts";
export {
  IMAGE_OUTCOMES,
  type ImageOutcome,
  type ImageResult,
  SYNC_RESULT_VERSION,
  type SyncResult,
} from "./sync/file/sync-result.ts";
export { planSync } from "./sync/plan/plan-sync.ts";
export type { PlanDepth } from "./sync/plan-tag-options.ts";
export { sync } from "./sync/sync.ts";
export type { SyncStore } from "./sync/sync-job.ts";
export type { ApplyOptions, SyncPlanOptions } from "./sync/sync-options.ts";
export {
  type ChooseTags,
  type ChosenTags,
  PRUNE_OWNERSHIPS,
  type PruneLimit,
  type PruneOwned,
  type PruneOwnership,
  type SyncRepository,
  type SyncStores,
  type SyncTarget,
} from "./sync/sync-repository.ts";
export { compileGlob, type GlobOptions } from "./tags/glob/compile-glob.ts";
export { type GlobPattern, globPattern, isGlob } from "./tags/glob-pattern.ts";
export { regexPattern } from "./tags/regex-pattern.ts";
export {
  choosableTags,
  immutableTags,
  matchTags,
  selectTags,
  type TagSelection,
  timesFor,
} from "./tags/select-tags.ts";
export { EVERY_TAG, type NewerThan, type TagPattern, type TagRules } from "./tags/tag-rules.ts";
export { parseVersionRange, type VersionRange } from "./tags/version.ts";
export { type VerifyOptions, type VerifyStores, verifyMirrors } from "./verify/verify-mirrors.ts";
export {
  VERIFY_RESULT_VERSION,
  type VerifiedTag,
  type VerifyOutcome,
  type VerifyResult,
} from "./verify/verify-result.ts";
