import { type FileHandle, open as openFile, rm } from "node:fs/promises";
import type { Open } from "@tranship/core";
import { writeAll } from "./write-all.ts";

/** Up to so many bytes content stays in memory. */
const IN_MEMORY = 1024 * 1024;
/** What is read from the file at once, in bytes. */
const PIECE_BYTES = 256 * 1024;

/**
 * Content that is fetched once and read by several while it grows, each at its own speed. Up to 1 MiB it stays in memory, else it is in a file.
 * It is not verified: whoever reads it does that. Memory: a piece of 256 KiB for each reader, or the content.
 */
export class GrowingContent {
  readonly #size: number;
  readonly #makePath: () => Promise<string>;
  readonly #fetch: Open;
  readonly #ending = new AbortController();
  #memory: Uint8Array | undefined;
  #path: string | undefined;
  #file: FileHandle | undefined;
  #fetching: Promise<void> | undefined;
  #written = 0;
  #failure: { readonly error: unknown } | undefined;
  #grown = Promise.withResolvers<void>();

  /** @param makePath gives the path of a file that is not there yet; it is asked where one is needed. */
  constructor(size: number, makePath: () => Promise<string>, fetch: Open) {
    this.#size = size;
    this.#makePath = makePath;
    this.#fetch = fetch;
  }

  /** Reads it; the first reader begins the fetch, and one that comes after it has failed begins it anew. */
  readonly open: Open = async (offset, signal) => {
    signal?.throwIfAborted();
    this.#ending.signal.throwIfAborted();
    if (this.#fetching === undefined || this.#failure !== undefined) this.#begin();
    return this.#read(offset, signal);
  };

  /** Ends the fetch and every reading, and removes the file. */
  async close(): Promise<void> {
    this.#ending.abort(new Error("the content was closed"));
    await this.#fetching;
    await this.#file?.close();
    if (this.#path !== undefined) await rm(this.#path, { force: true });
    this.#file = undefined;
    this.#memory = undefined;
  }

  #begin(): void {
    this.#failure = undefined;
    this.#written = 0;
    this.#fetching = this.#fill().catch((error: unknown) => {
      this.#failure = { error };
      this.#wake();
    });
  }

  async #fill(): Promise<void> {
    if (this.#size <= IN_MEMORY) this.#memory ??= new Uint8Array(this.#size);
    else if (this.#file === undefined) {
      this.#path = await this.#makePath();
      this.#file = await openFile(this.#path, "wx+", 0o600);
    }
    const { signal } = this.#ending;
    for await (const bytes of await this.#fetch(0, signal)) {
      signal.throwIfAborted();
      // Whoever reads it sees that it is too long: its size is verified there.
      if (this.#file !== undefined) await writeAll(this.#file, bytes, this.#written);
      else this.#memory?.set(bytes.subarray(0, this.#size - this.#written), this.#written);
      this.#written += bytes.length;
      this.#wake();
      if (this.#written >= this.#size) break;
    }
    if (this.#written < this.#size)
      throw new RangeError(`the content ended at ${this.#written} of ${this.#size} bytes`);
  }

  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  async *#read(offset: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, void> {
    let position = offset;
    while (position < this.#size) {
      signal?.throwIfAborted();
      this.#ending.signal.throwIfAborted();
      const there = Math.min(this.#written, this.#size) - position;
      if (there > 0) {
        const bytes = await this.#piece(position, Math.min(there, PIECE_BYTES));
        position += bytes.length;
        yield bytes;
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else await waitFor(this.#grown.promise, [signal, this.#ending.signal]);
    }
  }

  /** A copy that is the reader's own. */
  async #piece(position: number, length: number): Promise<Uint8Array> {
    if (this.#memory !== undefined) return this.#memory.slice(position, position + length);
    const bytes = new Uint8Array(length);
    const { bytesRead } = (await this.#file?.read(bytes, 0, length, position)) ?? { bytesRead: 0 };
    if (bytesRead === 0) throw new RangeError("the file of the content was changed while it was read");
    return bytes.subarray(0, bytesRead);
  }
}

/** Waits until it resolves or one of the signals aborts. */
async function waitFor(promise: Promise<void>, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  for (const signal of signals) signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    for (const signal of signals) signal?.removeEventListener("abort", onAbort);
  }
}
