import type { Clock } from "./clock.ts";

/** What every request to a host passes before it is sent: closed until the time at which the host wants to be asked again. */
export class HostGate {
  readonly #clock: Clock;
  #opensAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long it stays closed, in ms; 0 when it is open. */
  get closedForMs(): number {
    return Math.max(0, this.#opensAt - this.#clock.now());
  }

  /** Closes it for so long from now. The longest of several wins. */
  closeFor(ms: number): void {
    this.#opensAt = Math.max(this.#opensAt, this.#clock.now() + ms);
  }

  /**
   * Waits until it is open, also where it is closed for longer meanwhile.
   * @param check Told before each wait how long it will be; what it throws ends the waiting.
   * @throws the signal's reason.
   */
  async pass(check: (ms: number) => void, signal?: AbortSignal): Promise<void> {
    for (let ms = this.closedForMs; ms > 0; ms = this.closedForMs) {
      check(ms);
      await this.#clock.sleep(ms, signal);
    }
  }
}
