import type { Descriptor, Digest } from "@tranship/core";
import type { FailureRecord } from "../events/failure-record.ts";
import type { Fault } from "./fault.ts";

/**
 * What a target has otherwise than its source.
 * - tag: missing, or it `differs`: it stands for something else. What is below it is not looked at.
 * - manifest, blob: missing, or `corrupt`: other bytes are there under its digest, which was read and hashed. What is below such a manifest is not looked at.
 * - blob: `size`: its bytes are those of its digest, and the manifest states another size. Nothing can be repaired: the manifest is wrong.
 * - referrer: the source lists it, and the target does not.
 */
export interface Difference {
  readonly kind: "tag" | "manifest" | "blob" | "referrer";
  readonly problem: "missing" | "differs" | "corrupt" | "size";
  /** What ought to be there. */
  readonly digest: Digest;
  /** Of content: what it is, and its bytes. */
  readonly mediaType?: string | undefined;
  readonly size?: number | undefined;
  /** Of a tag that differs: what it stands for. Of corrupt content: what its bytes hash to, where they were read. */
  readonly found?: Digest | undefined;
  /** Of a blob whose size the manifest states wrongly: the bytes that there are. */
  readonly foundSize?: number | undefined;
  /** Of a referrer: what it is about. */
  readonly subject?: Digest | undefined;
  /** Whether it is as it ought to be now; only where it was to be repaired. */
  readonly repaired?: boolean | undefined;
  /** Why it could not be repaired. */
  readonly error?: FailureRecord | undefined;
}

/** What is missing or wrong at a target. */
export function differenceOf(
  kind: "manifest" | "blob" | "referrer",
  fault: Fault,
  { mediaType, digest, size }: Descriptor,
): Difference {
  return { kind, ...fault, digest, mediaType, size };
}

/** The descriptor of content that differs. */
export function contentOf({ mediaType = "", digest, size = 0 }: Difference): Descriptor {
  return { mediaType, digest, size };
}

/** Whether both are about the same thing. */
export function isSame(a: Difference, b: Difference): boolean {
  return a.kind === b.kind && a.digest === b.digest && a.subject === b.subject;
}
