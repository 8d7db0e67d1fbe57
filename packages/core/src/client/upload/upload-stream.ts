import { randomBytes } from "node:crypto";
import { UNKNOWN_SIZE } from "../../content/descriptor.ts";
import { type Digest, digestOf } from "../../digest/digest.ts";
import { isRetryable } from "../../errors/errors.ts";
import { retrying } from "../../pace/retry.ts";
import { seesBlob } from "../../registry/blobs/head-blob.ts";
import { explained, statusOf } from "../../registry/explain.ts";
import { labelOf, type RemoteRepository } from "../../registry/remote-repository.ts";
import { retriesOf } from "../../registry/transport/retries.ts";
import { ContentFailure, type OutgoingPart } from "../../registry/upload/content/outgoing.ts";
import { cancelRecorded } from "../../registry/upload/recovery/cancel-recorded.ts";
import { UploadRecord } from "../../registry/upload/recovery/upload-record.ts";
import { commitUpload } from "../../registry/upload/steps/commit-upload.ts";
import { sendParts } from "../../registry/upload/steps/send-parts.ts";
import { startUpload } from "../../registry/upload/steps/start-upload.ts";
import type { UploadSession } from "../../registry/upload/steps/upload-session.ts";
import { uploadStatus } from "../../registry/upload/steps/upload-status.ts";
import type { CallOptions } from "../../store/store.ts";
import { chunkLength } from "./chunk-length.ts";
import { CollectedContent } from "./collected-content.ts";
import { SlabReader } from "./slab-reader.ts";
import { uploadBytes } from "./upload-bytes.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

/**
 * Uploads a stream of unknown size, which is read once: as a whole where it fits in one chunk, else in chunks, hashed on the way and committed with the digest
 * that came out. A chunk that broke off goes on where the registry has it, if it kept the session; else nothing can be sent again.
 * Requests: those of `pushBlob`, or 2 + ceil(size / chunkSize); 1 GET for each break. Memory: a chunk, and a piece of the stream.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-4a, end-5, end-6, end-13).
 * @throws {RegistryError} what the registry refused, or NETWORK; what the stream threw.
 */
export async function uploadStream(
  repository: RemoteRepository,
  stream: AsyncIterator<Uint8Array>,
  chunkSize: number,
  options: CallOptions,
): Promise<UploadedBlob> {
  const { signal } = options;
  signal?.throwIfAborted();
  const reader = new SlabReader(stream, signal);
  try {
    await reader.fill(chunkSize);
    if (reader.ended) return await uploadBytes(repository, reader.bytes, options);
    const session = await startUpload(repository, options);
    return await sendChunks(repository, session, { reader, chunkSize }, options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ContentFailure) throw error.cause;
    throw error;
  } finally {
    await reader.close();
  }
}

async function sendChunks(
  repository: RemoteRepository,
  session: UploadSession,
  { reader, chunkSize }: { readonly reader: SlabReader; readonly chunkSize: number },
  options: CallOptions,
): Promise<UploadedBlob> {
  const content = new CollectedContent(reader);
  // Its digest is not known yet, and nobody can resume it: it is recorded to be cancelled.
  const record = await UploadRecord.of(repository, { digest: digestOf(randomBytes(32)), size: 0 }, options.signal);
  await record?.save(session, 0);
  let committed = false;
  try {
    const length = chunkLength(repository, session, chunkSize);
    await sendAll(repository, session, { content, length, record }, options);
    const { digest, size } = content;
    committed = await commit(repository, session, digest, options);
    return { digest, size };
  } catch (error) {
    throw explained(error, actionOf(repository, error));
  } finally {
    if (committed) await record?.ended();
    else await cancelRecorded(repository, session, record, options);
  }
}

/** Sends every chunk. Tries are counted for each: what was taken is progress. */
async function sendAll(
  repository: RemoteRepository,
  session: UploadSession,
  {
    content,
    length,
    record,
  }: {
    readonly content: CollectedContent;
    readonly length: number;
    readonly record: UploadRecord | undefined;
  },
  options: CallOptions,
): Promise<void> {
  let taken = 0;
  let part: OutgoingPart | undefined;
  let failure: unknown;
  async function attempt(): Promise<void> {
    if (part !== undefined && !isRefusedForNow(failure)) {
      const { sent } = part;
      // What the registry lost can't be sent again.
      part = undefined;
      const arrived = await uploadStatus(repository, session, options);
      if (arrived === undefined || arrived < taken || arrived > sent) throw failure;
      taken = arrived;
    }
    part = undefined;
    try {
      await sendParts(
        repository,
        session,
        content,
        {
          offset: taken,
          length: () => length,
          onPart(sent) {
            part = sent;
          },
          async onTaken(sent) {
            taken = sent.offset + sent.length;
            // Distribution 2.8 knows its session by the newest Location alone.
            await record?.save(session, 0);
          },
        },
        options,
      );
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  const what = { method: "PATCH", kind: "upload", host: repository.client.host } as const;
  await retrying(attempt, {
    ...retriesOf(repository.retry, options, what),
    isRetryable: (error) => error === failure && part !== undefined && isRetryable(error),
    progress: () => taken,
  });
}

/** Answered without having taken anything, so far as an answer can say it. */
function isRefusedForNow(error: unknown): boolean {
  return statusOf(error) === 429 || statusOf(error) === 503;
}

/**
 * A lost answer may hide a success, and a repeated PUT is answered 404 then: so the blob is looked
 * for after each failure.
 * False where it was found that way: another process may have sent it, and this session may still
 * be open.
 */
async function commit(
  repository: RemoteRepository,
  session: UploadSession,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  const what = { method: "PUT", kind: "upload", host: repository.client.host } as const;
  return retrying(
    async () => {
      try {
        await commitUpload(repository, session, { digest }, options);
        return true;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isRetryable(error) && statusOf(error) !== 404) throw error;
        if (!(await seesBlob(repository, { digest, size: UNKNOWN_SIZE }, options))) throw error;
        return false;
      }
    },
    retriesOf(repository.retry, options, what),
  );
}

function actionOf(repository: RemoteRepository, error: unknown): string {
  const target = `to "${labelOf(repository)}"`;
  const isLost = isRetryable(error) || statusOf(error) === 404;
  return isLost ? `Cannot push a stream, which can be read only once, ${target}` : `Cannot push a blob ${target}`;
}
