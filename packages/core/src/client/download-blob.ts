import { verified } from "../content/verify.ts";
import type { Digest } from "../digest/digest.ts";
import { openBlob } from "../registry/blobs/open-blob.ts";
import { labelOf, type RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";

/**
 * The bytes of a blob, read once: `for await`, or `Readable.from(download)`. Its last piece comes only when size and digest are right. It holds a
 * connection until it was read to its end, left with `break`, or given up with `return()`; `await using` gives up what was not read.
 */
export interface BlobDownload extends AsyncIterableIterator<Uint8Array, void, void>, AsyncDisposable {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Gives the rest up, and its connection. No error, also when it was read or given up before. */
  return(): Promise<IteratorResult<Uint8Array, void>>;
}

/**
 * Opens a blob. After a break it goes on by Range at the offset reached.
 * Requests: 1 GET (and its redirect), 1 more for each break. Memory: a piece, and 256 KiB of the connection.
 * Spec: distribution-spec v1.1.1, "Pulling blobs" (end-2).
 * @throws {RegistryError} BLOB_UNKNOWN. The stream: {DigestMismatchError} at its end, {RegistryError} NETWORK where it can't go on.
 */
export async function downloadBlob(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<BlobDownload> {
  const { size, content } = await openBlob(repository, digest, options);
  const pieces = verified(content, { mediaType: "application/octet-stream", digest, size }, labelOf(repository));
  const download: BlobDownload = {
    digest,
    size,
    [Symbol.asyncIterator]: () => download,
    next: () => pieces.next(),
    return: async () => (await pieces.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncDispose]: async () => {
      await download.return();
    },
  };
  return download;
}
