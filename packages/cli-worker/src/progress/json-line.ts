import type { CopyEvent } from "@tranship/copy";
import { type ErrorJson, errorJson } from "../error-json.ts";

/** An event as one line of JSON: the event as it is, its error as plain data. */
export function jsonLine(event: CopyEvent): string {
  if (event.type !== "failed") return JSON.stringify(event);
  const failed: Omit<typeof event, "error"> & { readonly error: ErrorJson } = {
    ...event,
    error: errorJson(event.error),
  };
  return JSON.stringify(failed);
}
