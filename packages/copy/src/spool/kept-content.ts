import { type FileHandle, open as openFile, rm } from "node:fs/promises";
import { type Open, watchContent } from "@tranship/core";
import { BlockSums } from "./block-sums.ts";
import { writeAll } from "./write-all.ts";

const PIECE_BYTES = 256 * 1024;

/**
 * Content that is kept in a file as far as it was read: what another reading or another process has brought is not fetched again. Blocks that are not as they were
 * written are. Whoever reads it verifies the whole. Where the file can't be written any more (a full disk), it goes, and the reading goes on without it.
 * Memory: a piece of 256 KiB. Cost of opening one that is there: the file is read and hashed.
 */
export class KeptContent {
  readonly #path: string;
  readonly #sumsPath: string;
  readonly #size: number;
  readonly #fetch: Open;
  readonly #file: FileHandle;
  readonly #sums: BlockSums;
  /** Bytes that the file has. */
  #length: number;
  /** Why nothing is written any more. */
  #failure: { readonly error: unknown } | undefined;
  /** Counts the readings: an earlier one that goes on in spite of a later one writes nothing. */
  #readings = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, size: number, fetch: Open, file: FileHandle, sums: BlockSums, length: number) {
    this.#path = path;
    this.#sumsPath = sumsOf(path);
    this.#size = size;
    this.#fetch = fetch;
    this.#file = file;
    this.#sums = sums;
    this.#length = length;
  }

  /** Opens the file, or makes it (0600), and checks what it has. @throws what the system says. */
  static async open(path: string, size: number, fetch: Open): Promise<KeptContent> {
    const file = await openFile(path, "a+", 0o600).then(async (made) => {
      await made.close();
      return openFile(path, "r+");
    });
    try {
      const sums = new BlockSums(sumsOf(path), size);
      const length = await sums.verify(file);
      await file.truncate(length);
      return new KeptContent(path, size, fetch, file, sums, length);
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

  /** Why the file could not be written; undefined where it was. */
  get failure(): unknown {
    return this.#failure?.error;
  }

  /** Reads it: from the file what that has, the rest from the source. One reading at a time: an earlier one is over. */
  readonly read: Open = async (offset, signal) => {
    this.#readings += 1;
    await this.#writing;
    if (this.#failure !== undefined) return this.#fetch(offset, signal);
    if (offset < this.#length || offset === this.#size) return this.#pieces(offset, signal, this.#readings);
    const rest = await this.#rest(signal, this.#readings);
    return offset === this.#length ? rest : skipping(rest, offset - this.#length);
  };

  /** Closes it, and leaves the file for the next process. */
  async close(): Promise<void> {
    this.#readings += 1;
    await this.#writing;
    await this.#file.close();
  }

  async *#pieces(
    offset: number,
    signal: AbortSignal | undefined,
    reading: number,
  ): AsyncGenerator<Uint8Array, void, void> {
    let position = offset;
    while (position < this.#length) {
      signal?.throwIfAborted();
      const piece = await this.#piece(position);
      position += piece.length;
      yield piece;
    }
    if (position < this.#size) yield* await this.#rest(signal, reading);
  }

  /** What the file lacks, written to it while it passes: nothing is copied. */
  async #rest(signal: AbortSignal | undefined, reading: number): Promise<AsyncIterable<Uint8Array>> {
    let at = this.#length;
    return watchContent(await this.#fetch(at, signal), {
      passing: async (bytes) => {
        const from = at;
        at += bytes.length;
        if (reading === this.#readings) await this.#write(bytes, from);
      },
    });
  }

  async #piece(position: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(PIECE_BYTES, this.#length - position));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, position);
    if (bytesRead === 0) throw new RangeError(`the file "${this.#path}" was changed while it was read`);
    return bytes.subarray(0, bytesRead);
  }

  /** Bytes over the size are left out: whoever reads them sees that they are too many. */
  #write(bytes: Uint8Array, at: number): Promise<void> {
    const part = bytes.subarray(0, this.#size - at);
    if (this.#failure !== undefined || at !== this.#length || part.length === 0) return Promise.resolve();
    this.#writing = this.#append(part, at);
    return this.#writing;
  }

  async #append(bytes: Uint8Array, at: number): Promise<void> {
    try {
      await writeAll(this.#file, bytes, at);
      await this.#sums.update(bytes);
      this.#length += bytes.length;
    } catch (error) {
      this.#failure = { error };
      // Its disk is others' too.
      await this.#file.truncate(0).catch(() => {});
      await rm(this.#sumsPath, { force: true }).catch(() => {});
    }
  }
}

async function* skipping(content: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array, void, void> {
  let left = length;
  for await (const bytes of content) {
    const skipped = Math.min(left, bytes.length);
    left -= skipped;
    if (skipped < bytes.length) yield bytes.subarray(skipped);
  }
}

function sumsOf(path: string): string {
  return `${path}.sums`;
}
