import type { Digest } from "@tranship/core";
import { type Amount, sumAmounts } from "../copy/result.ts";
import type { FailureRecord } from "../events/failure-record.ts";
import type { RequestCount } from "../events/request-count.ts";
import type { Difference } from "../repair/difference.ts";
import type { Checked } from "./content-check.ts";

/** The version of the result's format. */
export const VERIFY_RESULT_VERSION = 1;

/**
 * How one tag at one target is.
 * - same: everything that was looked at is as at the source. repaired: it was not, and is now.
 * - different: see `differences`. failed: it could not be found out, see `error`.
 */
export type VerifyOutcome = "same" | "repaired" | "different" | "failed";

/** One tag at one target. */
export interface VerifiedTag {
  readonly mirror: string;
  /** Repository and tag of the source; for a repository that could not be looked at, `tag` is absent. */
  readonly from: string;
  readonly tag?: string | undefined;
  /** Repository and tag of the target. */
  readonly to?: string | undefined;
  readonly targetTag?: string | undefined;
  readonly outcome: VerifyOutcome;
  /** What the target's tag ought to stand for: where platforms are chosen, what is made of them. */
  readonly digest?: Digest | undefined;
  readonly differences: readonly Difference[];
  readonly tookMs: number;
  readonly error?: FailureRecord | undefined;
}

/** What a verification found: JSON, sizes are bytes. Memory: about 0.4 kB for each tag. */
export interface VerifyResult {
  readonly version: typeof VERIFY_RESULT_VERSION;
  readonly kind: "verification";
  /** Whether all is the same now, and nothing failed. */
  readonly ok: boolean;
  /** Whether blobs were read and hashed, and not only asked for. */
  readonly deep: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** By source, tag and target. */
  readonly images: readonly VerifiedTag[];
  /** How many tags of each outcome. */
  readonly outcomes: Readonly<Record<VerifyOutcome, number>>;
  /** What was found at the targets, as it ought to be: each digest once for each pair of repositories. */
  readonly manifests: Amount;
  readonly blobs: Amount;
  readonly requests: RequestCount;
  readonly notices: readonly string[];
}

/** Collects how tags are. */
export class VerifyTally {
  readonly #images: VerifiedTag[] = [];
  readonly #notices = new Set<string>();
  readonly #startedAt = new Date();
  readonly #startedAtMs = performance.now();
  readonly #onImage: ((image: VerifiedTag) => void) | undefined;
  readonly #checked: Checked[] = [];

  constructor(onImage?: (image: VerifiedTag) => void) {
    this.#onImage = onImage;
  }

  add(image: VerifiedTag): void {
    this.#images.push(image);
    this.#onImage?.(image);
  }

  notice(message: string): void {
    this.#notices.add(message);
  }

  /** All of a target was looked at. */
  checked(checked: Checked): void {
    this.#checked.push(checked);
  }

  result({ deep, requests }: { readonly deep: boolean; readonly requests: RequestCount }): VerifyResult {
    const images = this.#images.toSorted(byName);
    const count = (outcome: VerifyOutcome): number => images.filter((image) => image.outcome === outcome).length;
    return {
      version: VERIFY_RESULT_VERSION,
      kind: "verification",
      ok: count("different") + count("failed") === 0,
      deep,
      startedAt: this.#startedAt.toISOString(),
      tookMs: Math.round(performance.now() - this.#startedAtMs),
      images,
      outcomes: {
        same: count("same"),
        repaired: count("repaired"),
        different: count("different"),
        failed: count("failed"),
      },
      manifests: sumAmounts(this.#checked.map(({ manifests }) => manifests.amount)),
      blobs: sumAmounts(this.#checked.map(({ blobs }) => blobs.amount)),
      requests,
      notices: [...this.#notices],
    };
  }
}

function byName(a: VerifiedTag, b: VerifiedTag): number {
  return compare(a.from, b.from) || compare(a.tag, b.tag) || compare(a.to, b.to) || compare(a.targetTag, b.targetTag);
}

function compare(a = "", b = ""): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
