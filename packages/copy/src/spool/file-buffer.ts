import { type FileHandle, open as openFile, rm } from "node:fs/promises";
import type { ContentBuffer } from "./content-buffer.ts";
import { readSome } from "./read-some.ts";
import { writeAll } from "./write-all.ts";

/** Content in a file (0600) that is there as long as this is. */
export class FileBuffer implements ContentBuffer {
  readonly #path: string;
  readonly #file: FileHandle;
  length = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Makes the file. @throws what the system says, also where it is there. */
  static async make(path: string): Promise<FileBuffer> {
    return new FileBuffer(path, await openFile(path, "wx+", 0o600));
  }

  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, this.length);
    this.length += bytes.length;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return readSome(this.#file, into, Math.min(into.length, this.length - position), position);
  }

  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
