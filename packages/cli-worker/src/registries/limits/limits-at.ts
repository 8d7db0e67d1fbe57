import type { HostLimits, HostRules } from "../host-rules.ts";

const MINUTES_OF_A_DAY = 24 * 60;

/** The limits of a host at a time: its own, and in their place those of the first window that the local time is in. */
export function limitsAt({ limits, windows }: Pick<HostRules, "limits" | "windows">, now: Date): HostLimits {
  const minute = now.getHours() * 60 + now.getMinutes();
  const today = now.getDay();
  const open = windows.find(({ since, until, days }) => {
    if (since < until) return days.has(today) && minute >= since && minute < until;
    // Over midnight: the rest of it belongs to the day that it began.
    if (minute >= since) return days.has(today);
    return minute < until % MINUTES_OF_A_DAY && days.has((today + 6) % 7);
  });
  if (open === undefined) return limits;
  const named = Object.entries(open.limits).filter(([, limit]) => limit !== undefined);
  return { ...limits, ...Object.fromEntries(named) };
}
