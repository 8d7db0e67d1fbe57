/** A clock that a test moves. */
export class HandClock {
  #now: Date;
  #waiting: { readonly at: Date; readonly callback: () => void }[] = [];

  constructor(now: Date) {
    this.#now = now;
  }

  readonly now = (): Date => this.#now;

  readonly wake = (at: Date, callback: () => void): (() => void) => {
    const entry = { at, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  };

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Moves it, and wakes whoever waits for no later time. */
  moveTo(now: Date): void {
    this.#now = now;
    for (const { at, callback } of [...this.#waiting]) if (at <= now) callback();
  }
}
