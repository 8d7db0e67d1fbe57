import type { CopyEvent } from "@tranship/copy";
import { errorJson } from "../error-json.ts";

/** An event as one line of JSON: the event as it is, its error as plain data. */
export function jsonLine(event: CopyEvent): string {
  return JSON.stringify("error" in event ? { ...event, error: errorJson(event.error) } : event);
}
