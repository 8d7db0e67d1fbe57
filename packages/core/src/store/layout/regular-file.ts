import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { StoreError } from "../../errors/errors.ts";
import { isSystemError } from "./system-error.ts";

/** Without O_NONBLOCK, to open a pipe is to wait for its writer: for ever, and in a thread that no signal ends. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file of a layout for reading. What whoever made the layout put in its place is refused: a link, a pipe, a device.
 * @throws {StoreError} LAYOUT_INVALID. @throws the system's error.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, READ_ONLY);
  } catch (error) {
    if (isSystemError(error, "ELOOP", "EMLINK")) throw refused(path, "it is a link");
    if (isSystemError(error, "ENXIO", "ENODEV")) throw refused(path, "it is not a regular file");
    throw error;
  }
  try {
    if (!(await handle.stat()).isFile()) throw refused(path, "it is not a regular file");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The text of a small file of a layout.
 * @param limit The most bytes that it may have.
 * @throws as `openRegularFile`; {StoreError} LAYOUT_INVALID where it is longer.
 */
export async function readRegularFile(path: string, limit: number): Promise<string> {
  const handle = await openRegularFile(path);
  try {
    const { size } = await handle.stat();
    if (size > limit) throw refused(path, `it has ${size} bytes, at most ${limit} are read`);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** Which file has the name, and when it was last written: another one, or the same one written anew, is told apart by it. */
export interface FileState {
  readonly id: string;
  /** Also where only its time was set. ms since 1970, by the clock of the file system. */
  readonly writtenAtMs: number;
}

/** @throws the system's error. */
export async function fileState(path: string): Promise<FileState> {
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = await lstat(path, { bigint: true });
  return { id: [dev, ino, size, mtimeNs, ctimeNs].join(" "), writtenAtMs: Math.max(Number(mtimeMs), Number(ctimeMs)) };
}

function refused(path: string, detail: string): StoreError {
  return new StoreError("LAYOUT_INVALID", `Cannot read "${path}": ${detail}`);
}
