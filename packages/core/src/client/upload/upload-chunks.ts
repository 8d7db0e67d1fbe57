import { createHash } from "node:crypto";
import type { Digest } from "../../content/digest.ts";
import { isRetryable } from "../../errors.ts";
import { retrying } from "../../http/retry.ts";
import { cancelUpload } from "../../registry/cancel-upload.ts";
import { statusOf } from "../../registry/explain.ts";
import { seesBlob } from "../../registry/head-blob.ts";
import { patchChunk } from "../../registry/patch-chunk.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import { retriesOf } from "../../registry/retries.ts";
import { commitUpload } from "../../registry/send-blob.ts";
import type { UploadSession } from "../../registry/start-upload.ts";
import type { CallOptions } from "../../store/store.ts";
import { chunkLength } from "./chunk-length.ts";
import type { SlabReader } from "./slab-reader.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

/**
 * Sends a stream of unknown size in chunks, hashing it on the way, and commits it with the digest that came out. A chunk that is refused for now (429, 503) is
 * sent again; anything else cancels the session.
 * Requests: ceil(size / chunk) PATCHes and 1 PUT; 1 HEAD where the answer to the PUT was lost. Memory: the reader's slab.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5, end-6, end-2).
 */
export async function uploadChunks(
  repository: RemoteRepository,
  session: UploadSession,
  { reader, chunkSize }: { readonly reader: SlabReader; readonly chunkSize: number },
  options: CallOptions,
): Promise<UploadedBlob> {
  const what = { method: "PATCH", kind: "upload", host: repository.client.host } as const;
  const retries = { ...retriesOf(repository.retry, options, what), isRetryable: isRefusedForNow };
  let committed = false;
  try {
    const length = chunkLength(repository.client, session, chunkSize);
    const hash = createHash("sha256");
    let offset = 0;
    await reader.fill(length);
    while (reader.bytes.length > 0) {
      const chunk = { bytes: reader.bytes, offset };
      hash.update(chunk.bytes);
      await retrying(() => patchChunk(repository, session, chunk, options), retries);
      offset += chunk.bytes.length;
      reader.clear();
      await reader.fill(length);
    }
    const digest: Digest = `sha256:${hash.digest("hex")}`;
    await commit(repository, session, digest, options);
    committed = true;
    return { digest, size: offset };
  } finally {
    if (!committed) await cancelUpload(repository, session, options);
  }
}

/** Answered without having taken anything, so far as an answer can say it. */
function isRefusedForNow(error: unknown): boolean {
  return statusOf(error) === 429 || statusOf(error) === 503;
}

/** A lost answer may hide a success, and a repeated PUT is answered 404 then: so the blob is looked for after each failure. */
async function commit(
  repository: RemoteRepository,
  session: UploadSession,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  const what = { method: "PUT", kind: "upload", host: repository.client.host } as const;
  await retrying(
    async () => {
      try {
        await commitUpload(repository, session, digest, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isRetryable(error) && statusOf(error) !== 404) throw error;
        if (!(await seesBlob(repository, digest, options))) throw error;
      }
    },
    retriesOf(repository.retry, options, what),
  );
}
