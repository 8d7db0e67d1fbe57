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
}

/**
 * How many requests may wait for an answer of one host at once: half as many after a refusal, one more after each clean round, which is as many good answers as
 * there are turns (additive increase, multiplicative decrease). Of the refusals of requests that were under way together only the first counts.
 */
export class AdaptiveLimit {
  readonly #most: number;
  readonly #cap: () => number | undefined;
  readonly #line: (() => void)[] = [];
  #limit: number;
  #active = 0;
  #clean = 0;
  /** Counts the halvings. */
  #epoch = 0;

  constructor({ most, start = most, cap = () => undefined }: AdaptiveLimitOptions) {
    this.#most = most;
    this.#cap = cap;
    this.#limit = Math.min(start, most);
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
    this.#advance();
  }

  /** A turn, in the order of asking. @throws the signal's reason. */
  async turn(signal?: AbortSignal): Promise<Turn> {
    signal?.throwIfAborted();
    if (this.free) this.#active += 1;
    else await this.#queue(signal);
    return this.#begin();
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(go), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#line.push(go);
    });
  }

  #begin(): Turn {
    const epoch = this.#epoch;
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
        if (verdict === "clean") this.#count();
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

  #count(): void {
    this.#clean += 1;
    if (this.#clean < this.limit) return;
    this.#clean = 0;
    this.raiseTo(this.#limit + 1);
  }

  #advance(): void {
    while (this.free) {
      const go = this.#line.shift();
      if (go === undefined) return;
      this.#active += 1;
      go();
    }
  }
}
