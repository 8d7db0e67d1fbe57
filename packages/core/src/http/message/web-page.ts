import type { RegistryResponse } from "../request.ts";

/** Whether a success is a web page: some hosts answer any path with one. */
export function isWebPage({ headers }: Pick<RegistryResponse, "headers">): boolean {
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(headers["content-type"] ?? "");
}
