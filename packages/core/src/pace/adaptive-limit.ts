import { WaitingLine } from "../http/queue/waiting-line.ts";
import { SlowAnswers } from "./slow-answers.ts";

/** How a request went, for the limit. `void`: it says nothing of the host's load. */
export type Verdict = "clean" | "refused" | "void";

/** A turn of one request. */
export interface Turn {
  /** Gives the turn to the next in line, once. */
  end(): void;
  /** Says how the request went, once; whether it was a refusal that the limit was halved for. */
  judge(verdict: Verdict): boolean;
}

export interface AdaptiveLimitOptions {
  /** The limit that the user set, which is never passed. */
  readonly most: number;
  /** Where it begins. Default: `most`. */
  readonly start?: number | undefined;
  /** A lower limit that holds at the moment, asked for each turn; undefined: none. It is not less than 1. Where it rises, who waits sees that at the end of a turn. */
  readonly cap?: (() => number | undefined) | undefined;
  /** A clock in ms by which answers are slow or not. Default: none is. */
  readonly now?: (() => number) | undefined;
  /** Ends what waits in line. */
  readonly closing?: AbortSignal | undefined;
}

/**
 * How many requests may wait for an answer of one host at once. It is doubled while the median answer takes over 10 ms, until a host refuses: from then on half as many after
 * a refusal, one more after each clean round, which is as many good answers as there are turns (slow start, then additive increase and multiplicative decrease). A host
 * that answers quickly is given no more than it was ever given: more connections would only cost. Of the refusals of requests that were under way together only the first counts.
 */
export class AdaptiveLimit {
  readonly #most: number;
  readonly #cap: () => number | undefined;
  readonly #now: () => number;
  readonly #answers = new SlowAnswers();
  readonly #line = new WaitingLine();
  #limit: number;
  /** The highest that the limit was. */
  #reached: number;
  #active = 0;
  #clean = 0;
  /** Counts the halvings. */
  #epoch = 0;

  constructor({ most, start = most, cap = () => undefined, now = () => 0, closing }: AdaptiveLimitOptions) {
    this.#most = most;
    this.#cap = cap;
    this.#limit = Math.min(start, most);
    this.#reached = this.#limit;
    this.#now = now;
    // One listener, not one for each that waits.
    closing?.addEventListener("abort", () => this.#line.close(closing.reason), { once: true });
  }

  get limit(): number {
    return Math.min(this.#limit, this.#cap() ?? this.#limit);
  }

  /** Whether a turn is to be had at once. */
  get free(): boolean {
    return this.#active < this.limit;
  }

  /** Raises the limit at once, as far as the user allows. */
  raiseTo(limit: number): void {
    this.#limit = Math.max(this.#limit, Math.min(limit, this.#most));
    this.#reached = Math.max(this.#reached, this.#limit);
    this.#advance();
  }

  /** A turn, in the order of asking. @throws the signal's reason. */
  async turn(signal?: AbortSignal): Promise<Turn> {
    signal?.throwIfAborted();
    if (this.free) this.#active += 1;
    else await this.#line.join(signal);
    return this.#begin();
  }

  #begin(): Turn {
    const epoch = this.#epoch;
    const begunAt = this.#now();
    let [ended, judged] = [false, false];
    return {
      end: () => {
        if (ended) return;
        ended = true;
        this.#active -= 1;
        this.#advance();
      },
      judge: (verdict) => {
        if (judged) return false;
        judged = true;
        if (verdict === "clean") this.#count(this.#now() - begunAt);
        if (verdict !== "refused" || epoch !== this.#epoch) return false;
        this.#halve();
        return true;
      },
    };
  }

  #halve(): void {
    this.#epoch += 1;
    this.#clean = 0;
    this.#limit = Math.max(1, Math.floor(this.limit / 2));
  }

  #count(tookMs: number): void {
    const wasSlow = this.#answers.took(tookMs);
    if (this.#epoch === 0) {
      if (wasSlow) this.raiseTo(this.#limit * 2);
      return;
    }
    this.#clean += 1;
    if (this.#clean < this.limit) return;
    this.#clean = 0;
    if (this.#limit < this.#reached || this.#answers.isSlow) this.raiseTo(this.#limit + 1);
  }

  #advance(): void {
    while (this.free && this.#line.advance()) this.#active += 1;
  }
}
