import { setTimeout as delay } from "node:timers/promises";
import { isBusy } from "../state/sqlite-failure.ts";

/** How long others may keep the file to themselves, in ms; each of their transactions takes less than one. */
const PATIENCE_MS = 15_000;

/** Runs the action, and again while another process is at work on the same file: without standing still meanwhile. @throws what the action throws. */
export async function retryingWhileBusy<T>(action: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > PATIENCE_MS) throw error;
    }
    await delay(1 + 10 * Math.random());
  }
}
