import { isRetryable, StoreError } from "../errors.ts";
import { type RetryOptions, retrying } from "../http/retry.ts";
import type { OpenedContent } from "./open-range.ts";

export interface ResumingContentOptions {
  /** The stream from `offset`, already open; undefined where there is nothing left to read. */
  readonly first: OpenedContent | undefined;
  readonly offset: number;
  /** Bytes of the whole content. */
  readonly size: number;
  /** What is being done, for messages. */
  readonly action: string;
  /** Opens the content again at an offset. */
  readonly open: (offset: number) => Promise<OpenedContent>;
  readonly retry: RetryOptions;
}

/** A stream of `size - offset` bytes that opens itself again at the offset reached when it breaks off or ends too early. Iterated once. */
export class ResumingContent implements AsyncIterableIterator<Uint8Array> {
  readonly #options: ResumingContentOptions;
  #offset: number;
  #content: OpenedContent | undefined;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #over = false;

  constructor(options: ResumingContentOptions) {
    this.#options = options;
    this.#offset = options.offset;
    this.#content = options.first;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next piece. Tries are counted for each piece: whatever comes is progress. */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#over) return { done: true, value: undefined };
    let reading = false;
    try {
      const piece = await retrying(
        async () => {
          reading = false;
          // Where this fails, the client has tried again for long enough.
          if (this.#offset < this.#options.size) this.#content ??= await this.#options.open(this.#offset);
          reading = true;
          return await this.#read();
        },
        { ...this.#options.retry, isRetryable: (error) => reading && isRetryable(error) },
      );
      if (piece !== undefined) return { done: false, value: piece };
      this.#over = true;
      return { done: true, value: undefined };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  /** Lets the connection go, also where nothing was read yet. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#over = true;
    await this.#close();
    return { done: true, value: undefined };
  }

  async #read(): Promise<Uint8Array | undefined> {
    const { size, action } = this.#options;
    try {
      this.#pieces ??= this.#content?.[Symbol.asyncIterator]();
      const next = await this.#pieces?.next();
      if (next !== undefined && next.done !== true) {
        this.#offset += next.value.length;
        if (this.#offset <= size) return next.value;
        throw new StoreError("SIZE_MISMATCH", `${action}: more than ${size} bytes came`);
      }
      if (this.#offset === size) return undefined;
      throw new StoreError("NETWORK", `${action}: it broke off at ${this.#offset} of ${size} bytes`);
    } catch (error) {
      await this.#close();
      // A connection that breaks after the last byte took nothing away.
      if (this.#offset === size && isRetryable(error)) return undefined;
      throw error;
    }
  }

  async #close(): Promise<void> {
    const content = this.#content;
    const pieces = this.#pieces;
    this.#content = undefined;
    this.#pieces = undefined;
    if (pieces === undefined) await content?.drop();
    else await pieces.return?.();
  }
}
