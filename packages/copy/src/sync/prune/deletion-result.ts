import type { CallOptions, Digest } from "@tranship/core";
import type { OnEvent } from "../../events.ts";
import { failureRecord } from "../../failure-record.ts";
import type { CopyRun } from "../../run.ts";
import type { PlannedImage } from "../sync-plan.ts";
import type { ImageResult } from "../sync-result.ts";

/** What a deletion is done with. */
export interface DeletionCall {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Whether tags that are listed and have no manifest do not keep others from deletion. Default: they do. */
  readonly ignoreBrokenTags?: boolean | undefined;
}

/** How the deletion of one tag went. */
export type DeletionResult = Pick<ImageResult, "outcome" | "error" | "why"> & Partial<Pick<ImageResult, "requests">>;

/** How the deletions at one target went; events tell of each as it ends. */
export class DeletionResults {
  readonly #results = new Map<PlannedImage, DeletionResult>();
  readonly #onEvent: OnEvent;

  constructor(onEvent: OnEvent) {
    this.#onEvent = onEvent;
  }

  get(image: PlannedImage): DeletionResult | undefined {
    return this.#results.get(image);
  }

  has(image: PlannedImage): boolean {
    return this.#results.has(image);
  }

  set(image: PlannedImage, result: DeletionResult): void {
    this.#results.set(image, result);
    const { targetTag: reference, there } = image;
    if (result.outcome === "deleted")
      this.#onEvent({ ...namesOf(image), type: "deleted", reference, ...(there && { digest: there }) });
  }

  /** It could not be deleted, or not be looked at. */
  fail(image: PlannedImage, error: unknown, requests?: Pick<DeletionResult, "requests">): void {
    this.#results.set(image, { outcome: "failed", error: failureRecord(error), ...requests });
    if (error instanceof Error) this.#onEvent({ ...namesOf(image), type: "failed", error });
  }
}

function namesOf({ from, tag, to, targetTag }: PlannedImage): { readonly from: string; readonly to: string } {
  return { from: `${from}:${tag}`, to: `${to}:${targetTag}` };
}

/** A tag that somebody has moved is not what was to be deleted. */
export function movedResult({ to, targetTag, there }: PlannedImage, now: Digest): DeletionResult {
  const message = `Cannot delete "${to}:${targetTag}": it was "${there}" when this was planned, and is "${now}" now; plan anew`;
  return { outcome: "refused", error: { code: "TARGET_MOVED", message, side: "target" } };
}
