import type { FileHandle } from "node:fs/promises";

/** Writes all of the bytes at a place in the file. @throws what the system says. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new RangeError("the file took no bytes");
    done += bytesWritten;
  }
}
