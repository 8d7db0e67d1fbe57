import { eachPiece, type Open, slabContent } from "@tranship/core";
import { withAbort } from "../concurrency/with-abort.ts";
import type { ContentBuffer } from "./content-buffer.ts";

/**
 * Content that is fetched once, as fast as it comes, into a buffer, and read from there while it grows, by one or several and each at its own speed. What the buffer has is not fetched
 * again. Where it takes no more (a full disk), each reader fetches for itself from where it is. It is not verified: whoever reads it does that.
 * Memory: for each reader that of `slabContent`, but nothing while it waits for the fetch, which
 * needs memory too; and what the buffer takes.
 */
export class GrowingContent {
  readonly #size: number;
  readonly #makeBuffer: () => Promise<ContentBuffer>;
  readonly #fetch: Open;
  readonly #ending = new AbortController();
  #buffer: ContentBuffer | undefined;
  #fetching: Promise<void> | undefined;
  /** What ended the fetch before its end. */
  #broken: { readonly error: unknown } | undefined;
  /** What made the buffer useless. */
  #spoilt: { readonly error: unknown } | undefined;
  #grown = Promise.withResolvers<void>();

  /** @param makeBuffer is asked once somebody reads. */
  constructor(size: number, makeBuffer: () => Promise<ContentBuffer>, fetch: Open) {
    this.#size = size;
    this.#makeBuffer = makeBuffer;
    this.#fetch = fetch;
  }

  /** Why the buffer was given up; undefined where it was not. */
  get failure(): unknown {
    return this.#spoilt?.error;
  }

  /** Reads it; the first reader begins the fetch, and one that comes after it has failed goes on with it. */
  readonly open: Open = async (offset, signal) => {
    signal?.throwIfAborted();
    this.#ending.signal.throwIfAborted();
    if (this.#fetching === undefined || this.#broken !== undefined) this.#begin();
    return this.#read(offset, signal);
  };

  /** Ends the fetch and every reading, and lets the buffer go. */
  async close(): Promise<void> {
    this.#ending.abort(new Error("the content was closed"));
    await this.#fetching;
    await this.#buffer?.close();
    this.#buffer = undefined;
  }

  #begin(): void {
    this.#broken = undefined;
    this.#fetching = this.#fill()
      .catch((error: unknown) => {
        this.#broken = { error };
      })
      .finally(() => this.#wake());
  }

  async #fill(): Promise<void> {
    const buffer = await this.#made();
    if (buffer === undefined) return;
    this.#wake();
    if (buffer.length < this.#size) {
      const { signal } = this.#ending;
      await eachPiece(await this.#fetch(buffer.length, signal), async (bytes) => {
        signal.throwIfAborted();
        return this.#append(buffer, bytes);
      });
    }
    if (this.#spoilt === undefined && buffer.length < this.#size)
      throw new RangeError(`the content ended at ${buffer.length} of ${this.#size} bytes`);
  }

  async #made(): Promise<ContentBuffer | undefined> {
    if (this.#spoilt !== undefined) return undefined;
    try {
      this.#buffer ??= await this.#makeBuffer();
    } catch (error) {
      this.#spoilt = { error };
    }
    return this.#buffer;
  }

  /** Whether more is wanted. What is over the size is left out: the digest decides. */
  async #append(buffer: ContentBuffer, bytes: Uint8Array): Promise<boolean> {
    try {
      await buffer.append(bytes.subarray(0, this.#size - buffer.length));
    } catch (error) {
      this.#spoilt = { error };
      return false;
    }
    this.#wake();
    return buffer.length < this.#size;
  }

  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  #read(offset: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const closing = this.#ending.signal;
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    let position = offset;
    return slabContent({
      signal,
      ready: () => (this.#isReadable(position) ? undefined : this.#untilReadable(position, either)),
      fill: async (into) => {
        either.throwIfAborted();
        const length = await this.#buffered(into, position, either);
        position += length;
        return length;
      },
      // The buffer was given up.
      rest: async () => (position < this.#size ? this.#fetch(position, signal) : undefined),
    });
  }

  /** Whether a reader at the position has nothing to wait for: bytes, the end, or a failure. */
  #isReadable(position: number): boolean {
    const isGrown = (this.#buffer?.length ?? 0) > position || position >= this.#size;
    return isGrown || this.#spoilt !== undefined || this.#broken !== undefined;
  }

  async #untilReadable(position: number, signal: AbortSignal): Promise<void> {
    while (!this.#isReadable(position)) await withAbort(this.#grown.promise, signal);
  }

  /** Copies the bytes that are there; 0 at the end, and where the buffer was given up. */
  async #buffered(into: Uint8Array, position: number, signal: AbortSignal): Promise<number> {
    if (position >= this.#size || this.#spoilt !== undefined) return 0;
    if ((this.#buffer?.length ?? 0) <= position && this.#broken !== undefined) throw this.#broken.error;
    try {
      return (await this.#buffer?.read(into, position)) ?? 0;
    } catch (error) {
      signal.throwIfAborted();
      if (this.#spoilt === undefined) throw error;
      return 0;
    }
  }
}
