import { type FileHandle, open as openFile, rm } from "node:fs/promises";
import { BlockSums } from "./block-sums.ts";
import type { ContentBuffer } from "./content-buffer.ts";
import { readSome } from "./read-some.ts";
import { writeAll } from "./write-all.ts";

/**
 * Content in a file (0600) that another process can go on with: a block that is not as it was written is not believed, nor what comes after it. Where it can't be written any more (a full
 * disk), it is emptied. Cost of opening one that is there: it is read.
 */
export class KeptFile implements ContentBuffer {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #sums: BlockSums;
  length: number;

  private constructor(path: string, file: FileHandle, sums: BlockSums, length: number) {
    this.#path = path;
    this.#file = file;
    this.#sums = sums;
    this.length = length;
  }

  /** Opens the file, or makes it, and checks what it has. @param size bytes of the whole content. @throws what the system says. */
  static async open(path: string, size: number): Promise<KeptFile> {
    const file = await openFile(path, "a+", 0o600).then(async (made) => {
      await made.close();
      return openFile(path, "r+");
    });
    try {
      const sums = new BlockSums(sumsOf(path), size);
      const length = await sums.verify(file);
      await file.truncate(length);
      return new KeptFile(path, file, sums, length);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Removes the files of one that nobody has open. */
  static async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await rm(sumsOf(path), { force: true });
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes, this.length);
      await this.#sums.update(bytes);
      this.length += bytes.length;
    } catch (error) {
      // Its disk is others' too.
      await this.#file.truncate(0).catch(() => {});
      await rm(sumsOf(this.#path), { force: true }).catch(() => {});
      throw error;
    }
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return readSome(this.#file, into, Math.min(into.length, this.length - position), position);
  }

  /** Closes it, and leaves it for the next process. */
  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#sums.close()]);
  }
}

function sumsOf(path: string): string {
  return `${path}.sums`;
}
