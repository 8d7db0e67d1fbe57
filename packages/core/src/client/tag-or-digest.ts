import { parseTag } from "../content/tag.ts";
import { type Digest, parseDigest } from "../digest/digest.ts";

/** Checks what names a manifest: no tag has a colon. @throws {SyntaxError} for a bad tag or digest; {TypeError} for what is no text. */
export function parseTagOrDigest(text: string): Digest | string {
  return typeof text === "string" && text.includes(":") ? parseDigest(text) : parseTag(text);
}
