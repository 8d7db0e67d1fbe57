import type { RequestCount } from "../request-count.ts";
import { sumAmounts } from "./plan-ledger.ts";
import type { PlannedImage, Unresolved } from "./sync-plan.ts";
import { type ImageOutcome, type ImageResult, SYNC_RESULT_VERSION, type SyncResult } from "./sync-result.ts";

const NONE = { count: 0, bytes: 0 };

/** Collects how images went. */
export class ResultTally {
  readonly #images: ImageResult[] = [];
  readonly #notices = new Set<string>();
  readonly #startedAt = new Date();
  readonly #startedAtMs = performance.now();
  readonly #onImage: ((result: ImageResult) => void) | undefined;

  constructor(onImage?: (result: ImageResult) => void) {
    this.#onImage = onImage;
  }

  add(result: ImageResult): void {
    this.#images.push(result);
    this.#onImage?.(result);
  }

  /** What could not be planned has failed. */
  unresolved({ mirror, from, tag, to, error }: Unresolved): void {
    const amounts = { moved: NONE, mounted: NONE, skipped: NONE };
    this.add({ mirror, from, tag, to, outcome: "failed", ...amounts, tookMs: 0, error });
  }

  /** What was not begun. */
  left({ mirror, from, tag, to, targetTag }: PlannedImage): void {
    const amounts = { moved: NONE, mounted: NONE, skipped: NONE };
    this.add({ mirror, from, tag, to, targetTag, outcome: "left", ...amounts, tookMs: 0 });
  }

  /** Whether that is new. */
  notice(message: string): boolean {
    const isNew = !this.#notices.has(message);
    this.#notices.add(message);
    return isNew;
  }

  get failed(): boolean {
    return this.#images.some(({ outcome }) => outcome === "failed" || outcome === "refused");
  }

  result(requests: RequestCount): SyncResult {
    const images = this.#images;
    const count = (outcome: ImageOutcome): number => images.filter((image) => image.outcome === outcome).length;
    return {
      version: SYNC_RESULT_VERSION,
      kind: "result",
      ok: !this.failed && count("left") === 0,
      startedAt: this.#startedAt.toISOString(),
      tookMs: Math.round(performance.now() - this.#startedAtMs),
      images,
      outcomes: {
        copied: count("copied"),
        retagged: count("retagged"),
        unchanged: count("unchanged"),
        deleted: count("deleted"),
        refused: count("refused"),
        failed: count("failed"),
        left: count("left"),
      },
      moved: sumAmounts(images.map(({ moved }) => moved)),
      mounted: sumAmounts(images.map(({ mounted }) => mounted)),
      skipped: sumAmounts(images.map(({ skipped }) => skipped)),
      requests,
      notices: [...this.#notices],
    };
  }
}
