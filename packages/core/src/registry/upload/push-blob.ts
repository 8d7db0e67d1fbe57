import type { Descriptor } from "../../content/descriptor.ts";
import type { Open, PushOutcome } from "../../store/store.ts";
import { explained } from "../explain.ts";
import { seesBlob } from "../head-blob.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { BlobUpload } from "./blob-upload.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { KnownContent } from "./known-content.ts";
import { mountOrStart } from "./mount-blob.ts";
import { ContentFailure } from "./outgoing.ts";
import { postBlob, SMALL_BODY_BYTES } from "./post-blob.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";

/**
 * Pushes one blob unless it is there: mount-or-start, then its bytes as `planUpload` says. A break, a timeout or a 404 at the commit may hide a success, so
 * the blob is looked for before anything is sent again; then the upload goes on where the registry has it, or is begun anew. Every session is committed or cancelled.
 * Requests: 1 for a blob that is there or was mounted, 2 for one that is not; a HEAD more for a body over 64 KiB until the host has shown that
 * its 202 means absent. Memory: two pieces of the source. Spec: distribution-spec v1.1.1, "Pushing blobs" (end-4a, end-4b, end-5, end-6, end-11).
 * @throws {StoreError} SIZE_MISMATCH or DIGEST_MISMATCH where the source has other bytes; what the source threw.
 * @throws {RegistryError} what the registry refused.
 */
export async function pushBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushBlobOptions = {},
): Promise<PushOutcome> {
  const { signal } = options;
  const isChecked = (): boolean => repository.profile.get("checksDigest") === true;
  const content = new KnownContent(descriptor, open, { isChecked, signal });
  try {
    return await push(repository, content, options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ContentFailure) throw error.cause;
    throw explained(error, `Cannot push blob "${descriptor.digest}" to "${labelOf(repository)}"`);
  } finally {
    await content.close();
  }
}

async function push(
  repository: RemoteRepository,
  content: KnownContent,
  options: PushBlobOptions,
): Promise<PushOutcome> {
  const { profile } = repository;
  const { digest, size } = content.descriptor;
  const headFirst = profile.get("existence") === "head-first";
  if (headFirst && (await seesBlob(repository, digest, options))) return "existed";
  const started = await mountOrStart(repository, digest, () => postBlob(repository, content, options), options);
  if ("outcome" in started) return started.outcome;
  const { session, selfMount } = started;
  const provedAbsent = headFirst || (selfMount && profile.get("existence") === "proven");
  if (!provedAbsent && size > SMALL_BODY_BYTES) {
    let isThere = false;
    try {
      options.signal?.throwIfAborted();
      isThere = await seesBlob(repository, digest, options);
      if (isThere && selfMount) profile.learn({ existence: "head-first" });
    } catch (error) {
      await cancelUpload(repository, session, options);
      throw error;
    }
    if (isThere) {
      await cancelUpload(repository, session, options);
      return "existed";
    }
  }
  await new BlobUpload(repository, content, session, options).run();
  return "pushed";
}
