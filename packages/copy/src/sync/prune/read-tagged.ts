import { type Content, type Digest, isDigest, parseManifest, StoreError } from "@tranship/core";
import type { ReadableStore } from "../sync-job.ts";
import type { DeletionCall } from "./deletion-result.ts";

/** What a target's tag points to. */
export interface TaggedManifest {
  readonly digest: Digest;
  /** What the manifest is about: the tag then follows that, as a signature does. */
  readonly subject?: Digest | undefined;
}

/**
 * Reads what a tag or digest of a target points to; undefined where it is gone. Requests: 1 GET,
 * none for a digest that the run has read.
 * @throws {StoreError} what cannot be read, such as MANIFEST_UNSUPPORTED.
 */
export async function readTagged(
  target: ReadableStore,
  reference: string,
  { run, call }: DeletionCall,
): Promise<TaggedManifest | undefined> {
  const known = isDigest(reference) ? run.manifests.get(reference) : undefined;
  if (known !== undefined && isDigest(reference)) {
    return { digest: reference, subject: parseManifest(known).subject?.digest };
  }
  try {
    const { descriptor, bytes } = await run.requestSlots(target)(() => {
      call.signal.throwIfAborted();
      return target.open(reference, call);
    });
    run.manifests.set(descriptor.digest, bytes);
    return taggedIn({ descriptor, bytes });
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}

/** The same of a manifest that was read. */
export function taggedIn(content: Content): TaggedManifest;
export function taggedIn(content: Content | undefined): TaggedManifest | undefined;
export function taggedIn(content: Content | undefined): TaggedManifest | undefined {
  if (content === undefined) return undefined;
  const { descriptor, bytes } = content;
  return { digest: descriptor.digest, subject: parseManifest(bytes, descriptor.mediaType).subject?.digest };
}
