import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { algorithmOf, type Digest } from "@tranship/core";
import { systemCode } from "../api-error.ts";
import type { ByteRange } from "../byte-range.ts";
import { makeOwnFolder } from "./own-folder.ts";

/** Bytes that one read asks for. */
const READ_BYTES = 512 * 1024;

/**
 * The size of a blob; undefined where the layout has none.
 * What is reached through a symbolic link counts as not there: a layout from elsewhere must not hand out files beside it.
 */
export async function blobSize(layout: string, digest: Digest): Promise<number | undefined> {
  const path = blobPath(layout, digest);
  try {
    if ((await realpath(path)) !== path) return undefined;
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The bytes of a blob, or a part of them. The file is open while they are iterated, and not before. */
export async function* readBlob(
  layout: string,
  digest: Digest,
  range?: ByteRange,
): AsyncGenerator<Uint8Array, void, void> {
  yield* createReadStream(blobPath(layout, digest), { highWaterMark: READ_BYTES, ...range });
}

/** Makes a file, which was verified, the blob. It must lie on the layout's file system. */
export async function adoptBlob(layout: string, digest: Digest, file: string): Promise<void> {
  await rename(file, await prepared(layout, digest));
}

/** Told the bytes that are about to be written. What it throws stops the copy. */
export type BeforeCopy = (bytes: number) => Promise<void>;

export interface LinkBlobOptions {
  /** Folders of layouts. */
  readonly from: string;
  readonly to: string;
  readonly digest: Digest;
  readonly beforeCopy: BeforeCopy;
}

/** Gives the blob of one layout to another: a hard link, or a copy where there are none. False where the first one has no such blob. */
export async function linkBlob({ from, to, digest, beforeCopy }: LinkBlobOptions): Promise<boolean> {
  const size = await blobSize(from, digest);
  if (size === undefined) return false;
  const source = blobPath(from, digest);
  const target = await prepared(to, digest);
  try {
    await link(source, target);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return true;
    if (systemCode(error) === "ENOENT") return false;
  }
  await beforeCopy(size);
  const copy = `${target}.${randomUUID()}.partial`;
  try {
    await copyFile(source, copy);
    await rename(copy, target);
  } catch (error) {
    await unlink(copy).catch(() => undefined);
    throw error;
  }
  return true;
}

/** Removes a blob. False where there was none. */
export async function removeBlob(layout: string, digest: Digest): Promise<boolean> {
  if ((await blobSize(layout, digest)) === undefined) return false;
  try {
    await unlink(blobPath(layout, digest));
    return true;
  } catch (error) {
    // Another request was quicker.
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function prepared(layout: string, digest: Digest): Promise<string> {
  const path = blobPath(layout, digest);
  await makeOwnFolder(layout, dirname(path), `blob "${digest}"`);
  return path;
}

function blobPath(layout: string, digest: Digest): string {
  const algorithm = algorithmOf(digest);
  return join(layout, "blobs", algorithm, digest.slice(algorithm.length + 1));
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG";
}
