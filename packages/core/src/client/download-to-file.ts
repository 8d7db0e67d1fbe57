import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Digest } from "../content/digest.ts";
import { quoted } from "../content/quoted.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import { storageFailure } from "../store/storage-failure.ts";
import type { CallOptions } from "../store/store.ts";
import { type BlobDownload, downloadBlob } from "./download-blob.ts";
import type { UploadedBlob } from "./upload/uploaded-blob.ts";

/**
 * Downloads a blob into a file, which appears under its name when it is whole, verified and on the disk; a file that had the name is replaced then. Until
 * then it is beside it, with a name of its own that ends in `.part`, and goes when anything fails.
 * Requests and memory: those of `downloadBlob`.
 * @throws {DigestMismatchError}; {RegistryError} BLOB_UNKNOWN, NETWORK; {StoreError} STORAGE where the file can't be written.
 */
export async function downloadToFile(
  repository: RemoteRepository,
  digest: Digest,
  path: string,
  options: CallOptions = {},
): Promise<UploadedBlob> {
  const download = await downloadBlob(repository, digest, options);
  const part = `${path}.${randomBytes(6).toString("hex")}.part`;
  let file: FileHandle;
  try {
    file = await open(part, "wx");
  } catch (error) {
    await download.return();
    throw storageFailure(`write ${quoted(path)}`, error);
  }
  try {
    await write(file, download);
    options.signal?.throwIfAborted();
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw storageFailure(`write ${quoted(path)}`, error);
  }
  return { digest, size: download.size };
}

async function write(file: FileHandle, download: BlobDownload): Promise<void> {
  try {
    for await (const piece of download) await file.writeFile(piece);
    await file.datasync();
  } finally {
    await file.close();
  }
}
