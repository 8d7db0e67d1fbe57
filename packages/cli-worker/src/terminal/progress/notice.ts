import type { CopyEvent } from "@tranship/copy";
import { formatDuration } from "../units.ts";

/** Waits shorter than this are nobody's concern, in ms. */
const LONG_WAIT_MS = 1000;

/** What an event has to tell a person at once: a notice, and why nothing happens for a while. */
export function noticeOf(event: CopyEvent): string | undefined {
  if (event.type === "notice") return event.message;
  if (event.type !== "retrying" && event.type !== "throttled") return undefined;
  if (event.delayMs < LONG_WAIT_MS) return undefined;
  const wait = formatDuration(event.delayMs);
  if (event.type === "throttled") return `${event.host} asks to wait: going on in ${wait}`;
  const reason = event.error instanceof Error ? event.error.message : String(event.error);
  return `${reason}; trying again in ${wait}`;
}
