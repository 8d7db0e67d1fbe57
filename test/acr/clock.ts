import type { AcrBehaviour } from "./behaviour.ts";

/** The fake's time. */
export class Clock {
  readonly #behaviour: AcrBehaviour;
  #lastMs = 0;

  constructor(behaviour: AcrBehaviour) {
    this.#behaviour = behaviour;
  }

  /** Milliseconds since 1970, skewed as the behaviour says. */
  nowMs(): number {
    return Date.now() + this.#behaviour.clockSkewSeconds * 1000;
  }

  /** Seconds since 1970, as tokens have them. */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** A time that is later than every one before by a millisecond at least, so that clients of any precision see the order. Seven decimals, as ACR writes. */
  instant(): string {
    this.#lastMs = Math.max(this.nowMs(), this.#lastMs + 1);
    return new Date(this.#lastMs).toISOString().replace("Z", "0000Z");
  }
}
