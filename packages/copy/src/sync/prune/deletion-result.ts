import type { CallOptions, Digest } from "@tranship/core";
import type { CopyRun } from "../../run.ts";
import type { PlannedImage } from "../sync-plan.ts";
import type { ImageResult } from "../sync-result.ts";

/** What a deletion is done with. */
export interface DeletionCall {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
}

/** How the deletion of one tag went. */
export type DeletionResult = Pick<ImageResult, "outcome" | "error" | "why"> & Partial<Pick<ImageResult, "requests">>;

/** A tag that somebody has moved is not what was to be deleted. */
export function movedResult({ to, targetTag, there }: PlannedImage, now: Digest): DeletionResult {
  const message = `Cannot delete "${to}:${targetTag}": it was "${there}" when this was planned, and is "${now}" now; plan anew`;
  return { outcome: "refused", error: { code: "TARGET_MOVED", message, side: "target" } };
}
