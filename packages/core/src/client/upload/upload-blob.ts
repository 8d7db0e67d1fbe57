import { isRetryable, RegistryError } from "../../errors.ts";
import { retrying } from "../../http/retry.ts";
import { explained, statusOf } from "../../registry/explain.ts";
import { labelOf, type RemoteRepository } from "../../registry/remote-repository.ts";
import { retriesOf } from "../../registry/retries.ts";
import { ContentFailure } from "../../registry/send-blob.ts";
import { startUpload } from "../../registry/start-upload.ts";
import type { CallOptions } from "../../store/store.ts";
import { type BlobContent, type BlobSource, blobSource } from "./blob-content.ts";
import { checkChunkSize, DEFAULT_CHUNK_SIZE } from "./chunk-length.ts";
import { SlabReader } from "./slab-reader.ts";
import { uploadChunks } from "./upload-chunks.ts";
import { uploadBytes, uploadWhole } from "./upload-whole.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

export interface UploadBlobOptions extends CallOptions {
  /** Bytes of a chunk, which is kept in memory. Default 4 MiB; the registry's own minimum where that is more. */
  readonly chunkSize?: number | undefined;
}

/** What one try has learned for the next one. */
interface Progress {
  /** Whether a session was open: what broke then may be begun again. */
  sending: boolean;
  chunksRefused: boolean;
}

/**
 * Uploads content of any size, known or not; its digest is computed on the way. Content of up to one chunk is pushed as a whole, and not sent where it is there;
 * more goes in chunks. Where a chunk breaks, what can be opened again (bytes, a file) is begun again once, as one body where chunks were refused; a
 * stream can't be.
 * Requests: 1 or 2 for up to one chunk; else 2 + ceil(size / chunkSize). Memory: a chunk, and a piece of the stream.
 * Spec: distribution-spec v1.1.1, "Pushing blobs" (end-4a, end-5, end-6, end-11).
 * @throws {RegistryError} what the registry refused, or NETWORK; what the stream threw; {TypeError}, {RangeError} before anything is sent.
 */
export async function uploadBlob(
  repository: RemoteRepository,
  content: BlobContent,
  { chunkSize = DEFAULT_CHUNK_SIZE, ...options }: UploadBlobOptions = {},
): Promise<UploadedBlob> {
  checkChunkSize(chunkSize);
  const source = blobSource(content);
  const progress: Progress = { sending: false, chunksRefused: false };
  const { client, retry } = repository;
  const retries = retriesOf(retry, options, { method: "PATCH", kind: "upload", host: client.host });
  return retrying(
    () =>
      progress.chunksRefused
        ? uploadWhole(repository, source, options)
        : uploadOnce(repository, source, { chunkSize, progress }, options),
    {
      ...retries,
      attempts: source.replayable ? Math.min(2, retries.attempts ?? 2) : 1,
      isRetryable: (error) => progress.sending && mayWorkAnew(error),
    },
  );
}

async function uploadOnce(
  repository: RemoteRepository,
  source: BlobSource,
  { chunkSize, progress }: { readonly chunkSize: number; readonly progress: Progress },
  options: CallOptions,
): Promise<UploadedBlob> {
  const { signal } = options;
  progress.sending = false;
  signal?.throwIfAborted();
  const reader = new SlabReader(source.open(), signal);
  try {
    await reader.fill(chunkSize);
    if (reader.ended) return await uploadBytes(repository, reader.bytes, options);
    const session = await startUpload(repository, options);
    progress.sending = true;
    return await uploadChunks(repository, session, { reader, chunkSize }, options);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ContentFailure) throw error.cause;
    progress.chunksRefused = progress.sending && isChunkRefused(error);
    throw progress.sending ? explained(error, actionOf(repository, source, error)) : error;
  } finally {
    await reader.close();
  }
}

function actionOf(repository: RemoteRepository, source: BlobSource, error: unknown): string {
  const target = `to "${labelOf(repository)}"`;
  if (source.replayable || !mayWorkAnew(error)) return `Cannot push a blob ${target}`;
  return `Cannot push a stream, which can be read only once, ${target}`;
}

/** Broken off, or the session is gone (404; ACR's BLOB_UPLOAD_INVALID), or no chunks are taken. */
function mayWorkAnew(error: unknown): boolean {
  return isRetryable(error) || statusOf(error) === 404 || isChunkRefused(error);
}

/** How registries without chunks, or with rules of their own for them, answer one. */
function isChunkRefused(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.method !== "PATCH") return false;
  return [400, 405, 411, 416, 501].includes(error.status ?? 0);
}
