import type { FileHandle } from "node:fs/promises";

/** What a file has at a place, at least one byte and at most so many. @throws what the system says; RangeError where it has nothing there any more. */
export async function readPiece(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  // Not from a pool: whoever gets it may keep it.
  const bytes = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead === 0) throw new RangeError("a file of the spool was changed while it was read");
  return bytes.subarray(0, bytesRead);
}
