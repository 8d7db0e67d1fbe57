/** A day, or a time of it; the zone may be missing, as in `2026-01-31T10:00`. */
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T.+)?$/;

/**
 * The time that a text states as RFC 3339 does. Undefined for one that is none, and for a day that the calendar does
 * not have: JavaScript reads 30 February as 2 March, and what it dates could be deleted for its age.
 */
export function parseRfc3339(text: string): Date | undefined {
  const [, year, month, day] = TIME.exec(text) ?? [];
  const time = new Date(text);
  if (day === undefined || Number.isNaN(time.getTime())) return undefined;
  const stated = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // The years 0 to 99 are those of 1900 to Date.UTC, and no time of an image.
  return stated.getUTCMonth() === Number(month) - 1 && stated.getUTCDate() === Number(day) ? time : undefined;
}
