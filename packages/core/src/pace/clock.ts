import { pause } from "../concurrency/pause.ts";

/** Waits, and rejects with the signal's reason when it is aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/**
 * The time of one client, in ms, and its waits. Whoever has waited finds that the time is over: a timer that is early by a part of a millisecond, and a
 * test's `sleep` that takes none, move the clock on by what they left out.
 */
export class Clock {
  readonly #sleep: Sleep;
  #skippedMs = 0;

  constructor(sleep: Sleep = pause) {
    this.#sleep = sleep;
  }

  now(): number {
    return performance.now() + this.#skippedMs;
  }

  /** How long this thread has had nothing to do, in ms: a wait counts only where nothing else was worked on meanwhile. */
  idle(): number {
    return performance.eventLoopUtilization().idle + this.#skippedMs;
  }

  /** @throws the signal's reason, as soon as it is aborted. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const end = this.now() + ms;
    await this.#sleep(ms, signal);
    this.#skippedMs += Math.max(0, end - this.now());
  }
}
