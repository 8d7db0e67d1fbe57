import { type HostWait, type HostWaitsSpent, WaitBudget } from "@tranship/core";
import { formatDuration } from "../../terminal/units.ts";
import { printWarning } from "../../terminal/warning.ts";

/** A single wait that is announced, in ms. */
const LONG_MS = 10_000;
/** Waits are announced again after so much waiting, in ms. */
const AGAIN_MS = 60_000;

/**
 * What a run waits for hosts that ask for it; the user is told on stderr before a wait that is long, or
 * that adds up to a minute since the last one that was told, and when the waits are spent.
 * @param maxTotalSeconds `--max-total-wait`.
 */
export function announcedWaits(maxTotalSeconds?: number, warn: (warning: string) => void = printWarning): WaitBudget {
  const announced = new Map<string, number>();
  return new WaitBudget({
    maxTotalMs: maxTotalSeconds === undefined ? undefined : maxTotalSeconds * 1000,
    onWait(wait) {
      const since = wait.waitedMs - (announced.get(wait.host) ?? 0);
      const isFirst = !announced.has(wait.host);
      if (since < AGAIN_MS && !(isFirst && wait.delayMs >= LONG_MS)) return;
      announced.set(wait.host, wait.waitedMs);
      warn(announcement(wait));
    },
    onSpent: (spent) => warn(ending(spent)),
  });
}

function announcement({ host, delayMs, endsAt, waitedMs, maxTotalMs }: HostWait): string {
  const total = `${formatDuration(waitedMs)} of at most ${formatDuration(maxTotalMs)} in all (--max-total-wait)`;
  return `${host} asked to wait ${formatDuration(delayMs)}, until ${endsAt.toISOString()}: ${total}`;
}

function ending({ host, waitedMs, comeBackAt }: HostWaitsSpent): string {
  const waited = `${host} asked to wait again after ${formatDuration(waitedMs)} of waiting`;
  return `${waited}: what is left for it fails; come back at ${comeBackAt.toISOString()}`;
}
