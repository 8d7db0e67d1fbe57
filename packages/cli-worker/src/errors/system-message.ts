import { getSystemErrorMessage } from "node:util";

/** What the operating system refused, without the files and calls that its own message names: `no space left on device`. */
export function systemMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "errno" in error && typeof error.errno === "number" ? getSystemErrorMessage(error.errno) : error.message;
}
