import { errorJson } from "../errors/error-json.ts";
import { printJson } from "./output.ts";

const printed = new WeakSet<Error>();

/** The last line of JSON output where a command failed as a whole; once for each error. */
export function printJsonFailure(error: unknown): void {
  if (error instanceof Error) {
    if (printed.has(error)) return;
    printed.add(error);
  }
  printJson({ type: "result", ok: false, error: errorJson(error) });
}
