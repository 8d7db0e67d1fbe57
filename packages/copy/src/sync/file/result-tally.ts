import type { RequestRecord } from "@tranship/core";
import { NO_AMOUNTS, sumAmounts } from "../../copy/result.ts";
import type { CopyEvent } from "../../events/events.ts";
import { failureRecord } from "../../events/failure-record.ts";
import { RequestCounter } from "../../events/request-count.ts";
import { RetryCounter } from "../../events/retry-count.ts";
import type { CopyRun } from "../../run/run.ts";
import type { PlannedImage, Unresolved } from "./sync-plan.ts";
import { type ImageOutcome, type ImageResult, SYNC_RESULT_VERSION, type SyncResult } from "./sync-result.ts";

const NOTHING = { ...NO_AMOUNTS, requests: 0, tookMs: 0 };

/** Collects how images went. Whoever hands one to a run can have its result while the run goes on, and after it was aborted. */
export class ResultTally {
  readonly #images: ImageResult[] = [];
  readonly #notices = new Set<string>();
  readonly #requests = new RequestCounter();
  readonly #retries = new RetryCounter();
  readonly #startedAt = new Date();
  readonly #startedAtMs = performance.now();

  /** An image has ended. */
  add(result: ImageResult): void {
    this.#images.push(result);
  }

  /** Those of a plan that nothing was told of were not begun. */
  leaveRest(planned: readonly PlannedImage[]): void {
    const key = ({ from, tag, to, targetTag }: ImageResult): string => [from, tag, to, targetTag].join("\n");
    const told = new Set(this.#images.map(key));
    for (const image of planned.map(leftImage)) if (!told.has(key(image))) this.add(image);
  }

  /** Whether that is new. */
  notice(message: string): boolean {
    const isNew = !this.#notices.has(message);
    this.#notices.add(message);
    return isNew;
  }

  /** Counts a request. Bound. */
  readonly onExchange = (request: RequestRecord): void => this.#requests.count(request);

  /** Counts what is sent again. Bound. */
  readonly onEvent = (event: CopyEvent): void => this.#retries.onEvent(event);

  get failed(): boolean {
    return this.#images.some(({ outcome }) => outcome === "failed" || outcome === "refused");
  }

  /**
   * The result so far.
   * @param run whose bytes are counted.
   * @param ended what ended the run before its end.
   */
  result(run: CopyRun, ended?: { readonly error: unknown }): SyncResult {
    const images = [...this.#images];
    const count = (outcome: ImageOutcome): number => images.filter((image) => image.outcome === outcome).length;
    return {
      version: SYNC_RESULT_VERSION,
      kind: "result",
      ok: !this.failed && count("left") === 0 && ended === undefined,
      startedAt: this.#startedAt.toISOString(),
      tookMs: Math.round(performance.now() - this.#startedAtMs),
      images,
      outcomes: {
        copied: count("copied"),
        retagged: count("retagged"),
        unchanged: count("unchanged"),
        deleted: count("deleted"),
        kept: count("kept"),
        refused: count("refused"),
        failed: count("failed"),
        left: count("left"),
      },
      moved: sumAmounts(images.map(({ moved }) => moved)),
      mounted: sumAmounts(images.map(({ mounted }) => mounted)),
      skipped: sumAmounts(images.map(({ skipped }) => skipped)),
      requests: this.#requests.result(),
      traffic: run.traffic.result(),
      retries: this.#retries.result(),
      notices: [...this.#notices],
      ...(ended !== undefined && { error: failureRecord(ended.error) }),
    };
  }
}

/** What could not be planned has failed. */
export function unresolvedImage({ mirror, from, tag, to, error }: Unresolved): ImageResult {
  return { mirror, from, tag, to, outcome: "failed", ...NOTHING, error };
}

/** What was not begun, or not finished. */
export function leftImage({ mirror, from, tag, to, targetTag }: PlannedImage): ImageResult {
  return { mirror, from, tag, to, targetTag, outcome: "left", ...NOTHING };
}
