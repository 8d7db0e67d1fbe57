import type { CopyEvent } from "@tranship/copy";
import { errorJson } from "../../errors/error-json.ts";
import { safeJson } from "../escape-text.ts";

/** An event as one line of JSON: the event as it is, its type first, its error as plain data. */
export function jsonLine(event: CopyEvent): string {
  const { type, ...rest } = event;
  return safeJson({ type, ...rest, ...("error" in event && { error: errorJson(event.error) }) });
}
