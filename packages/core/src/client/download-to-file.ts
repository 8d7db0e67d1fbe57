import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import type { Digest } from "../digest/digest.ts";
import { StoreError } from "../errors/errors.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import { storageFailure } from "../store/storage-failure.ts";
import type { CallOptions } from "../store/store.ts";
import { quoted } from "../text/quoted.ts";
import { downloadBlob } from "./download-blob.ts";
import { filePath } from "./file-path.ts";
import type { UploadedBlob } from "./upload/uploaded-blob.ts";

/**
 * Downloads a blob into a file, which appears under its name when it is whole, verified and on the disk; a file that had the name is replaced then. Until
 * then it is beside it, with a name of its own that ends in `.part`, and goes when anything fails. A place that can't be written is refused before anything is asked.
 * Requests and memory: those of `downloadBlob`.
 * @throws {DigestMismatchError}; {RegistryError} BLOB_UNKNOWN, NETWORK; {StoreError} STORAGE where the file can't be written; {TypeError} for a bad path.
 */
export async function downloadToFile(
  repository: RemoteRepository,
  digest: Digest,
  file: string | URL,
  options: CallOptions = {},
): Promise<UploadedBlob> {
  const path = filePath(file);
  const part = `${path}.${randomBytes(6).toString("hex")}.part`;
  const handle = await openPart(path, part);
  try {
    const size = await write(handle, repository, digest, options);
    options.signal?.throwIfAborted();
    await rename(part, path);
    return { digest, size };
  } catch (error) {
    await rm(part, { force: true });
    throw storageFailure(`write ${quoted(path)}`, error);
  }
}

async function openPart(path: string, part: string): Promise<FileHandle> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw new StoreError("STORAGE", `Cannot write ${quoted(path)}: it is a directory`);
  try {
    return await open(part, "wx");
  } catch (error) {
    throw storageFailure(`write ${quoted(path)}`, error);
  }
}

async function write(
  file: FileHandle,
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions,
): Promise<number> {
  try {
    const download = await downloadBlob(repository, digest, options);
    for await (const piece of download) await file.writeFile(piece);
    await file.datasync();
    return download.size;
  } finally {
    await file.close();
  }
}
