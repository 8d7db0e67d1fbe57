import type { Descriptor } from "@tranship/core";
import type { RequestCount } from "../events/request-count.ts";

/** How much content, and how many bytes of it. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** Nothing was moved. */
export const NO_AMOUNTS: { readonly moved: Amount; readonly mounted: Amount; readonly skipped: Amount } = {
  moved: { count: 0, bytes: 0 },
  mounted: { count: 0, bytes: 0 },
  skipped: { count: 0, bytes: 0 },
};

/** What a copy did. */
export interface CopyResult {
  /** `copied`: the target's reference stands for `root` now. `unchanged`: it did before. `kept`: it was there and was not to be replaced. */
  readonly outcome: "copied" | "unchanged" | "kept";
  /** What the source's reference stands for; undefined where the target's was `kept` and the source was not asked. */
  readonly source: Descriptor | undefined;
  /** What the target's reference stands for. Another digest than the source's only where platforms were selected. */
  readonly root: Descriptor;
  /** Chosen platforms that the image lacks, where that is not to fail: `linux/arm64`. Absent: none, or the source was not read. */
  readonly lacking?: readonly string[] | undefined;
  /** Sent to the target. */
  readonly moved: Amount;
  /** Linked by the target's registry from another of its repositories. */
  readonly mounted: Amount;
  /** There before, or brought by another copy of the same run. What is below a skipped manifest is not counted. */
  readonly skipped: Amount;
  /** Foreign layers, which are never copied. */
  readonly foreign: readonly Descriptor[];
  readonly requests: RequestCount;
}

/** Adds up what happened to content. */
export class Tally {
  #count = 0;
  #bytes = 0;

  /** One more of its size. */
  add(descriptor: Descriptor): void {
    this.#count += 1;
    // Not every descriptor states its size.
    this.#bytes += Math.max(0, descriptor.size);
  }

  /** All that was added. */
  get amount(): Amount {
    return { count: this.#count, bytes: this.#bytes };
  }
}

/** The sum of amounts. */
export function sumAmounts(amounts: Iterable<Amount>): Amount {
  let [count, bytes] = [0, 0];
  for (const amount of amounts) {
    count += amount.count;
    bytes += amount.bytes;
  }
  return { count, bytes };
}
