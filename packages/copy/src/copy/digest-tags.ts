import { type Digest, subjectOfTag } from "@tranship/core";

/** Whether a tag is made from a digest, and so is no tag that somebody chose. */
export function isDigestTag(tag: string): boolean {
  return subjectOfTag(tag) !== undefined;
}

/** A cosign tag whose subject was met; the plain `sha256-HEX` is the fallback index, which the target keeps itself. */
export function followsOneOf(tag: string, subjects: ReadonlySet<Digest>): boolean {
  const subject = cosignSubject(tag);
  return subject !== undefined && subjects.has(subject);
}

/** The subject of cosign's tag; undefined for another one. */
export function cosignSubject(tag: string): Digest | undefined {
  return tag.includes(".") ? subjectOfTag(tag) : undefined;
}

/** The tags under which cosign keeps what it makes for a manifest. */
export function cosignTags(subject: Digest): readonly string[] {
  const base = subject.replace(":", "-");
  return [`${base}.sig`, `${base}.att`, `${base}.sbom`];
}

/** What a run says of cosign's tags that it does not copy. */
export function cosignTagsLeft(count: number): string {
  return `${count} of cosign's tags (sha256-….sig, .att, .sbom) are not copied: --cosign-tags takes them`;
}
