import { type Digest, isDigest } from "@tranship/core";

/** `sha256-HEX`, the referrers fallback tag, and cosign's `sha256-HEX.sig`, `.att`, `.sbom`: they follow their subject. */
const DIGEST_TAG = /^(?<algorithm>sha256|sha512)-(?<hex>[0-9a-f]{64,128})(?<suffix>\.[a-z]+)?$/;

/** Whether a tag is made from a digest, and so is no tag that somebody chose. */
export function isDigestTag(tag: string): boolean {
  return DIGEST_TAG.test(tag);
}

/** A cosign tag whose subject was met; the plain `sha256-HEX` is the fallback index, which the target keeps itself. */
export function followsOneOf(tag: string, subjects: ReadonlySet<Digest>): boolean {
  const { algorithm, hex, suffix } = DIGEST_TAG.exec(tag)?.groups ?? {};
  const subject = `${algorithm}:${hex}`;
  return suffix !== undefined && isDigest(subject) && subjects.has(subject);
}

/** The subject of cosign's tag; undefined for another one. */
export function cosignSubject(tag: string): Digest | undefined {
  const { algorithm, hex, suffix } = DIGEST_TAG.exec(tag)?.groups ?? {};
  const subject = `${algorithm}:${hex}`;
  return suffix !== undefined && isDigest(subject) ? subject : undefined;
}

/** The tags under which cosign keeps what it makes for a manifest. */
export function cosignTags(subject: Digest): readonly string[] {
  const base = subject.replace(":", "-");
  return [`${base}.sig`, `${base}.att`, `${base}.sbom`];
}
