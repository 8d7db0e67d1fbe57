/** The time by which a watch goes. */
export interface WatchClock {
  now(): Date;
  /** Calls back at that time, or before it; the function that it gives takes that back. */
  wake(at: Date, callback: () => void): () => void;
}

/** The longest timer: one that is set over a change of the clock is wrong by no more. */
const LONGEST_MS = 60_000;

/** The machine's. */
export const SYSTEM_CLOCK: WatchClock = {
  now: () => new Date(),
  wake(at, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, at.getTime() - Date.now()), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};
