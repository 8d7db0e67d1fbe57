import type { RemoteRepository } from "../../registry/remote-repository.ts";
import type { CallOptions } from "../../store/store.ts";
import { type BlobContent, blobSource } from "./blob-content.ts";
import { checkChunkSize, DEFAULT_CHUNK_SIZE } from "./chunk-length.ts";
import { uploadBytes, uploadOpened } from "./upload-bytes.ts";
import { uploadStream } from "./upload-stream.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

export interface UploadBlobOptions extends CallOptions {
  /**
   * The most bytes of one request. For a stream, whose chunks are kept in memory, 4 MiB by default, and the registry's own minimum where that is more; for bytes
   * and files as much as the registry takes.
   */
  readonly chunkSize?: number | undefined;
}

/**
 * Uploads content of any size, known or not, unless it is there; its digest is computed. Bytes and files are read for their digest first, and then pushed as
 * `pushBlob` does it, which goes on after a break. A stream is read once, in chunks.
 * Requests: 1 or 2 for bytes, files, and a stream of up to one chunk; else 2 + ceil(size / chunkSize). Memory: a chunk of a stream; a piece of a file.
 * Spec: distribution-spec v1.1.1, "Pushing blobs" (end-4a, end-5, end-6, end-11).
 * @throws {RegistryError} what the registry refused, or NETWORK; what the stream threw; {TypeError}, {RangeError} before anything is sent.
 */
export async function uploadBlob(
  repository: RemoteRepository,
  content: BlobContent,
  { chunkSize, ...options }: UploadBlobOptions = {},
): Promise<UploadedBlob> {
  if (chunkSize !== undefined) checkChunkSize(chunkSize);
  const source = blobSource(content);
  if (source.kind === "bytes") return uploadBytes(repository, source.bytes, { ...options, maxBody: chunkSize });
  if (source.kind === "opened") return uploadOpened(repository, source.open, { ...options, maxBody: chunkSize });
  return uploadStream(repository, source.open(), chunkSize ?? DEFAULT_CHUNK_SIZE, options);
}
