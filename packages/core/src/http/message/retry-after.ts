/** The longest wait that is told apart: over it a time to come back would be no date. In ms, some 100 years. */
const LONGEST_MS = 100 * 365 * 24 * 60 * 60 * 1000;

/** The wait that a `Retry-After` header asks for, in ms, at most 100 years: seconds or a date (RFC 9110, 10.2.3). Undefined where it is neither. */
export function parseRetryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_MS);
  // Date.parse takes much that is no date of HTTP: `-1`, `2`.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.min(Math.max(0, time - now), LONGEST_MS);
}
