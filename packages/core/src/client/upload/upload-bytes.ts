import { createHash } from "node:crypto";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../digest/digest.ts";
import type { RemoteRepository } from "../../registry/remote-repository.ts";
import { pushBlob } from "../../registry/upload/push-blob.ts";
import type { PushBlobOptions } from "../../registry/upload/push-blob-options.ts";
import type { Open } from "../../store/store.ts";
import { slices } from "./slices.ts";
import type { UploadedBlob } from "./uploaded-blob.ts";

const MEDIA_TYPE = "application/octet-stream";

/** Pushes bytes that are in memory, unless they are there. Requests: those of `pushBlob`. */
export async function uploadBytes(
  repository: RemoteRepository,
  bytes: Uint8Array,
  options: PushBlobOptions,
): Promise<UploadedBlob> {
  const descriptor: Descriptor = { mediaType: MEDIA_TYPE, digest: digestOf(bytes), size: bytes.length };
  await pushBlob(repository, descriptor, async (offset) => slices(bytes.subarray(offset)), options);
  return { digest: descriptor.digest, size: descriptor.size };
}

/** Reads content that can be opened again twice: for its digest, then to push it unless it is there. Requests: those of `pushBlob`. */
export async function uploadOpened(
  repository: RemoteRepository,
  open: Open,
  options: PushBlobOptions,
): Promise<UploadedBlob> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of await open(0)) {
    options.signal?.throwIfAborted();
    hash.update(piece);
    size += piece.length;
  }
  const descriptor: Descriptor = { mediaType: MEDIA_TYPE, digest: `sha256:${hash.digest("hex")}`, size };
  await pushBlob(repository, descriptor, open, options);
  return { digest: descriptor.digest, size };
}
