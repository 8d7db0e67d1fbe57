import { type Digest, isDigest } from "../digest/digest.ts";

/** `sha256-HEX`, the referrers fallback tag, and cosign's `sha256-HEX.sig`, `.att`, `.sbom`. */
const DIGEST_TAG = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.[a-z]+)?$/;

/** What a tag belongs to that is made from a digest, as signatures have them; undefined for a tag that somebody chose. */
export function subjectOfTag(tag: string): Digest | undefined {
  const [, algorithm, hex] = DIGEST_TAG.exec(tag) ?? [];
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}
