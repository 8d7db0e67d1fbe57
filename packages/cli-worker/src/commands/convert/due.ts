/** Steps that a cron expression can say so that they are all of one length, and how: from a minute to a week. */
const EVEN = [
  { minutes: 1, cron: "* * * * *" },
  ...[2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => ({ minutes, cron: `*/${minutes} * * * *` })),
  { minutes: 60, cron: "0 * * * *" },
  ...[2, 3, 4, 6, 8, 12].map((hours) => ({ minutes: hours * 60, cron: `0 */${hours} * * *` })),
  { minutes: 24 * 60, cron: "0 0 * * *" },
  { minutes: 7 * 24 * 60, cron: "0 0 * * 0" },
] as const;

const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** When another tool does something, as a cron expression; `why`: how that differs from what its file says. */
export interface Due {
  readonly cron: string;
  readonly why?: string | undefined;
}

/** An interval. What no cron expression says evenly becomes the next shorter one that one does. @param seconds more than 0. */
export function dueEvery(seconds: number): Due {
  const { minutes, cron } = EVEN.findLast((step) => step.minutes * 60 <= seconds) ?? EVEN[0];
  return minutes * 60 === seconds
    ? { cron }
    : { cron, why: `becomes "${cron}": a cron expression has no even steps of that length` };
}

/** Go's notation of a duration, `1h30m`, in seconds; undefined where it is none, or not more than 0. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^\+?(\d+(\.\d*)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)];
  const seconds = parts.reduce((sum, [, count = "", unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
  return seconds > 0 ? seconds : undefined;
}

/** A schedule as regsync takes it: a cron expression, one with a time zone before it, or `@every 1h30m`. Whether it is one is not looked at. */
export function dueBySchedule(text: string): Due {
  const [, zone, plain = ""] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(text.trim()) ?? [];
  const every = /^@every\s+(\S+)$/.exec(plain)?.[1];
  const seconds = every === undefined ? undefined : parseGoDuration(every);
  const due = seconds === undefined ? { cron: plain } : dueEvery(seconds);
  if (zone === undefined) return due;
  return { ...due, why: `is carried over without its time zone: start tranship sync --watch with TZ=${zone}` };
}
