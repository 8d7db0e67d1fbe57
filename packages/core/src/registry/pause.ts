import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../errors.ts";

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/** Waits. @throws `signal.reason` as soon as it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Waits before try number `attempt` + 1: as long as the registry asked, else 100 ms, doubled each time up to 10 s, of which up to
 * half is left out by chance, so that many clients do not come back together.
 */
export function pauseBeforeRetry(attempt: number, error: unknown, signal?: AbortSignal): Promise<void> {
  const told = error instanceof RegistryError ? error.retryAfterMs : undefined;
  const doubled = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return pause(told ?? doubled * (0.5 + Math.random() / 2), signal);
}
