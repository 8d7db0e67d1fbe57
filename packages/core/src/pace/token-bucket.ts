import type { Clock } from "./clock.ts";

/** What was not used is kept for so long, in ms: a burst is never longer. */
const BURST_MS = 100;

/** Who waits looks after so many ms whether the limit has changed. */
const LOOK_AGAIN_MS = 250;

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Units per second, asked for whenever it matters, so that it may change; undefined: no limit. */
  readonly rate: () => number | undefined;
}

/**
 * Units at a rate, for everyone who takes them, in the order of asking. Any amount is given whole, as soon as what was taken before it is paid for, and is itself
 * paid for over time: an amount larger than the rate is late for those who come after it, and never refused.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: TokenBucketOptions["rate"];
  /** Units that were asked for, ever. */
  #issued = 0;
  /** Units that time has paid for, ever; ahead of what was asked for by a burst at the most. */
  #paid = 0;
  #settledAt: number;

  constructor({ clock, rate }: TokenBucketOptions) {
    this.#clock = clock;
    this.#rate = rate;
    this.#settledAt = clock.now();
  }

  /** Whether who asks now has to wait. */
  get isBehind(): boolean {
    return this.#untilPaid(this.#issued) > 0;
  }

  /** Takes them without waiting; who comes after waits. */
  debit(amount: number): void {
    this.#settle();
    this.#issued += amount;
  }

  /** Takes them when it is their turn. @throws the signal's reason; what was asked for is then given back. */
  async take(amount: number, signal?: AbortSignal): Promise<void> {
    this.#settle();
    const turn = this.#issued;
    this.#issued += amount;
    try {
      for (let ms = this.#untilPaid(turn); ms > 0; ms = this.#untilPaid(turn)) {
        await this.#clock.sleep(Math.ceil(Math.min(ms, LOOK_AGAIN_MS)), signal);
      }
    } catch (error) {
      this.#paid += amount;
      throw error;
    }
  }

  #untilPaid(turn: number): number {
    this.#settle();
    const rate = this.#rate();
    if (rate === undefined || this.#paid >= turn) return 0;
    return ((turn - this.#paid) / rate) * 1000;
  }

  #settle(): void {
    const now = this.#clock.now();
    const rate = this.#rate();
    if (rate === undefined) this.#paid = this.#issued;
    else {
      const paid = this.#paid + ((now - this.#settledAt) * rate) / 1000;
      this.#paid = Math.min(paid, this.#issued + (rate * BURST_MS) / 1000);
    }
    this.#settledAt = now;
  }
}
