import { createHash } from "node:crypto";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../content/digest.ts";
import { pushBlob } from "../../registry/push-blob.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import type { CallOptions } from "../../store/store.ts";
import type { BlobSource } from "./blob-content.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

const MEDIA_TYPE = "application/octet-stream";

/** Pushes bytes that are in memory, unless they are there. Requests: those of `pushBlob`. */
export async function uploadBytes(
  repository: RemoteRepository,
  bytes: Uint8Array,
  options: CallOptions,
): Promise<UploadedBlob> {
  const descriptor: Descriptor = { mediaType: MEDIA_TYPE, digest: digestOf(bytes), size: bytes.length };
  await pushBlob(repository, descriptor, async () => once(bytes), options);
  return { digest: descriptor.digest, size: descriptor.size };
}

/** Reads content twice: for its digest, then to push it in one body, for registries that take no chunks (Google's). */
export async function uploadWhole(
  repository: RemoteRepository,
  source: BlobSource,
  options: CallOptions,
): Promise<UploadedBlob> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of iterable(source)) {
    options.signal?.throwIfAborted();
    hash.update(piece);
    size += piece.length;
  }
  const descriptor: Descriptor = { mediaType: MEDIA_TYPE, digest: `sha256:${hash.digest("hex")}`, size };
  await pushBlob(repository, descriptor, async () => iterable(source), options);
  return { digest: descriptor.digest, size };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function iterable(source: BlobSource): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => source.open() };
}
