import { isRetryable, StoreError } from "../errors.ts";
import { pauseBeforeRetry } from "./pause.ts";

/** How many openings in a row may bring no byte before it gives up. */
const MAX_FRUITLESS = 5;

export interface ResumingContentOptions {
  /** The stream from `offset`, already open; undefined where there is nothing left to read. */
  readonly first: AsyncIterable<Uint8Array> | undefined;
  readonly offset: number;
  /** Bytes of the whole content. */
  readonly size: number;
  /** What is being done, for messages. */
  readonly action: string;
  /** Opens the content again at an offset. */
  readonly open: (offset: number) => Promise<AsyncIterable<Uint8Array>>;
  readonly signal: AbortSignal | undefined;
}

/** A stream of `size - offset` bytes that opens itself again at the offset reached when it breaks off or ends too early. Iterated once. */
export class ResumingContent implements AsyncIterableIterator<Uint8Array> {
  readonly #options: ResumingContentOptions;
  readonly #pieces: AsyncGenerator<Uint8Array, void, void>;
  #first: AsyncIterable<Uint8Array> | undefined;

  constructor(options: ResumingContentOptions) {
    this.#options = options;
    this.#first = options.first;
    this.#pieces = this.#read();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    return this.#pieces.next();
  }

  /** Lets the connection go, also where nothing was read yet. */
  async return(): Promise<IteratorResult<Uint8Array, void>> {
    const unread = this.#first;
    this.#first = undefined;
    await unread?.[Symbol.asyncIterator]().return?.();
    return this.#pieces.return();
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    const { size, signal, open, action } = this.#options;
    let offset = this.#options.offset;
    let fruitless = 0;
    let content = this.#first;
    this.#first = undefined;
    while (offset < size) {
      // Where this fails, the client has tried again for long enough.
      content ??= await open(offset);
      let failure: unknown;
      try {
        for await (const piece of content) {
          offset += piece.length;
          if (offset > size) throw new StoreError("SIZE_MISMATCH", `${action}: more than ${size} bytes came`);
          if (piece.length > 0) fruitless = 0;
          yield piece;
        }
        failure = new StoreError("NETWORK", `${action}: it broke off at ${offset} of ${size} bytes`);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isRetryable(error)) throw error;
        failure = error;
      }
      content = undefined;
      if (offset === size) return;
      fruitless += 1;
      if (fruitless > MAX_FRUITLESS) throw failure;
      await pauseBeforeRetry(fruitless, failure, signal);
    }
  }
}
