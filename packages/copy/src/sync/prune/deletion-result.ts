import { type CallOptions, type Digest, IncompleteListError, StoreError } from "@tranship/core";
import type { OnEvent } from "../../events/events.ts";
import { failureRecord } from "../../events/failure-record.ts";
import type { ReadInventoryOptions } from "../../inventory/read-inventory.ts";
import type { CopyRun } from "../../run/run.ts";
import type { PlannedImage } from "../file/sync-plan.ts";
import type { ImageResult } from "../file/sync-result.ts";
import type { Ownership } from "./ownership.ts";

/** What a target is asked with. */
export interface DeletionCall {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Whether tags that are listed and have no manifest do not keep others from deletion. Default: they do. */
  readonly ignoreBrokenTags?: boolean | undefined;
}

/** What deletions are made with. */
export interface DeletionOptions extends DeletionCall {
  /**
   * Whether the plan is of another time: a tag that has moved since is refused. Else it was moved
   * in the meantime, and is kept.
   */
  readonly check: boolean;
}

/** How tags without a manifest are met while a target is read. */
export function brokenTagsOption({ ignoreBrokenTags }: DeletionCall): Pick<ReadInventoryOptions, "onBrokenTags"> {
  return ignoreBrokenTags === true ? { onBrokenTags: () => {} } : {};
}

/** How the deletion of one tag went. */
export type DeletionResult = Pick<ImageResult, "outcome" | "error" | "why"> & Partial<Pick<ImageResult, "requests">>;

/**
 * How the deletions at one target went; events tell of each as it ends. The record of a tag that is
 * gone goes too.
 */
export class DeletionResults {
  readonly #results = new Map<PlannedImage, DeletionResult>();
  readonly #onEvent: OnEvent;
  readonly #ownership: Ownership;

  constructor(onEvent: OnEvent, ownership: Ownership) {
    this.#onEvent = onEvent;
    this.#ownership = ownership;
  }

  get(image: PlannedImage): DeletionResult | undefined {
    return this.#results.get(image);
  }

  has(image: PlannedImage): boolean {
    return this.#results.has(image);
  }

  /** Whether the tag was deleted, now or before. */
  isGone(image: PlannedImage): boolean {
    const outcome = this.#results.get(image)?.outcome;
    return outcome === "deleted" || outcome === "unchanged";
  }

  set(image: PlannedImage, result: DeletionResult): void {
    this.#results.set(image, result);
    if (this.isGone(image)) this.#ownership.drop(image);
    const { targetTag: reference, there } = image;
    if (result.outcome === "deleted")
      this.#onEvent({ ...namesOf(image), type: "deleted", reference, ...(there && { digest: there }) });
  }

  keep(images: Iterable<PlannedImage>, why: string): void {
    for (const image of images) this.set(image, { outcome: "kept", why });
  }

  /**
   * Keeps images where something could not be read. A list that may lack tags, and tags without a
   * manifest, are failures.
   */
  keepUnread(images: Iterable<PlannedImage>, what: string, error: unknown): void {
    if (isDoubt(error)) for (const image of images) this.fail(image, error);
    else this.keep(images, `${what}: ${failureRecord(error).message}`);
  }

  /** It could not be deleted, or not be looked at. */
  fail(image: PlannedImage, error: unknown, requests?: Pick<DeletionResult, "requests">): void {
    this.#results.set(image, { outcome: "failed", error: failureRecord(error), ...requests });
    if (error instanceof Error) this.#onEvent({ ...namesOf(image), type: "failed", error });
  }
}

/** What is there that may need something is not known. */
function isDoubt(error: unknown): boolean {
  return error instanceof IncompleteListError || (error instanceof StoreError && error.code === "BROKEN_TAG");
}

function namesOf({ from, tag, to, targetTag }: PlannedImage): { readonly from: string; readonly to: string } {
  return { from: `${from}:${tag}`, to: `${to}:${targetTag}` };
}

/** A tag that somebody has moved is not what was to be deleted. */
export function movedResult(
  { to, targetTag, there }: PlannedImage,
  now: Digest,
  { check }: Pick<DeletionOptions, "check">,
): DeletionResult {
  if (!check) return { outcome: "kept", why: `somebody else has moved it to "${now}" during this run` };
  const message = `Cannot delete "${to}:${targetTag}": it was "${there}" when this was planned, and is "${now}" now; plan anew`;
  return { outcome: "refused", error: { code: "TARGET_MOVED", message, side: "target" } };
}
