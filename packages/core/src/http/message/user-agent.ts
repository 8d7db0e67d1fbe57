import { validateHeaderValue } from "node:http";

/** That of this package; a test compares them. */
export const VERSION: string = "0.1.0";

/** `tranship/VERSION`, and what the client adds to it. @throws {TypeError} for a suffix that no header may have. */
export function userAgentOf(suffix: string | undefined): string {
  if (suffix === undefined || suffix === "") return `tranship/${VERSION}`;
  try {
    validateHeaderValue("user-agent", suffix);
  } catch (cause) {
    throw new TypeError("Bad userAgentSuffix: expected one line of characters that a header may have", { cause });
  }
  return `tranship/${VERSION} ${suffix}`;
}
