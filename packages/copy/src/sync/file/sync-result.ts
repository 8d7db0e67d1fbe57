import type { Digest } from "@tranship/core";
import type { Amount } from "../../copy/result.ts";
import type { FailureRecord } from "../../events/failure-record.ts";
import type { RequestCount } from "../../events/request-count.ts";
import type { RetryCount } from "../../events/retry-count.ts";
import type { TrafficCount } from "../../run/traffic.ts";

/** The version of the result's format. */
export const SYNC_RESULT_VERSION = 1;

/**
 * How one tag at one target went.
 * - copied: it stands for `digest` now, content was sent or mounted where it lacked. retagged: only the tag was put.
 * - unchanged: it was right before. deleted: it was pruned. kept: it was to be pruned, and stays: see `why`.
 * - refused: the target's tag was not as planned, and was left alone. failed: see `error`. left: not begun or not finished, since the run ended before.
 */
export type ImageOutcome = (typeof IMAGE_OUTCOMES)[number];

/** All of them. */
export const IMAGE_OUTCOMES = [
  "copied",
  "retagged",
  "unchanged",
  "deleted",
  "kept",
  "refused",
  "failed",
  "left",
] as const;

/** One tag at one target. */
export interface ImageResult {
  readonly mirror: string;
  /** Repository and tag of the source; for a repository that could not be looked at, `tag` is absent. */
  readonly from: string;
  readonly tag?: string | undefined;
  /** Repository and tag of the target. */
  readonly to?: string | undefined;
  readonly targetTag?: string | undefined;
  readonly outcome: ImageOutcome;
  /** What the target's tag stands for now; of a deleted one, what it stood for. */
  readonly digest?: Digest | undefined;
  /** What was copied, where platforms were chosen and it is another one. */
  readonly sourceDigest?: Digest | undefined;
  /** Chosen platforms that the image lacks, where that is not to fail: `linux/arm64`. */
  readonly lacking?: readonly string[] | undefined;
  /** Sent to the target: blobs and manifests. */
  readonly moved: Amount;
  readonly mounted: Amount;
  /** There before, or brought by another image of this run. */
  readonly skipped: Amount;
  /** Requests that carrying it out took: those for tokens too, planning's not. */
  readonly requests: number;
  readonly tookMs: number;
  /** What the user should know: a source's tag that has moved since it was planned. */
  readonly notices?: readonly string[] | undefined;
  /** Where it is kept. */
  readonly why?: string | undefined;
  /** Where it is failed or refused. */
  readonly error?: FailureRecord | undefined;
}

/** What a run did: JSON, sizes are bytes. Memory: about 0.5 kB for each image. */
export interface SyncResult {
  readonly version: typeof SYNC_RESULT_VERSION;
  readonly kind: "result";
  /** Whether nothing failed, nothing was refused, and the run came to its end. */
  readonly ok: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly images: readonly ImageResult[];
  /** How many images of each outcome. */
  readonly outcomes: Readonly<Record<ImageOutcome, number>>;
  readonly moved: Amount;
  readonly mounted: Amount;
  readonly skipped: Amount;
  /** By host and kind; planning's are among them, where it is of the same run. */
  readonly requests: RequestCount;
  /** Bytes of content, by host. Less than `moved` was read where several targets were fed from one source. */
  readonly traffic: TrafficCount;
  /** Requests that failed and were sent again while it was carried out, by host. */
  readonly retries: RetryCount;
  readonly notices: readonly string[];
  /** What ended the run before its end: an interrupt, a full disk. What was not begun or not finished is `left`, as far as it was known. */
  readonly error?: FailureRecord | undefined;
}
