import type { FileHandle } from "node:fs/promises";

/** Reads what a file has at a place, at least one byte and at most so many; gives how many. @throws what the system says; RangeError where it has nothing there any more. */
export async function readSome(file: FileHandle, into: Uint8Array, length: number, position: number): Promise<number> {
  const { bytesRead } = await file.read(into, 0, length, position);
  if (bytesRead === 0) throw new RangeError("a file of the spool was changed while it was read");
  return bytesRead;
}
