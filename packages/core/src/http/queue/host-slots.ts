import { WaitingLine } from "./waiting-line.ts";

/** How many requests may have a connection to one host at once, and those that wait for one. */
export class HostSlots {
  readonly #limit: () => number;
  readonly #line = new WaitingLine();
  #taken = 0;

  /** @param limit Asked for each slot, so that it may change. At least 1. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Takes a slot if one is free and nobody waits for it. */
  take(): boolean {
    if (!this.#isFree || !this.#line.isEmpty) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a slot, and takes it. @throws the signal's reason; that of `close`. */
  wait(signal: AbortSignal | undefined, options: { readonly first?: boolean }): Promise<void> {
    const waiting = this.#line.join(signal, options);
    // The limit may have risen since the last one was released.
    this.#advance();
    return waiting;
  }

  /** Releases a slot: the first who waits takes it. */
  release(): void {
    this.#taken -= 1;
    this.#advance();
  }

  /** What releases one slot, however often it is called. */
  releaser(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.release();
    };
  }

  /** Ends the waiting of all. */
  close(reason: unknown): void {
    this.#line.close(reason);
  }

  get #isFree(): boolean {
    return this.#taken < this.#limit();
  }

  #advance(): void {
    while (this.#isFree && this.#line.advance()) this.#taken += 1;
  }
}
