import type { ResponseBody } from "../http/request.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** The most bytes that pass at once. */
const PIECE_BYTES = 64 * 1024;

/** Content whose pieces pass when it is their turn. @throws the signal's reason, also while it waits. */
export async function* budgetedContent(
  content: AsyncIterable<Uint8Array>,
  bucket: TokenBucket,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of content) {
    for (let at = 0; at < piece.length; at += PIECE_BYTES) {
      const part = piece.subarray(at, at + PIECE_BYTES);
      await bucket.take(part.length, signal);
      yield part;
    }
  }
}

/** The body of an answer, read no faster than the bucket gives; what is not read holds its connection back. */
export class BudgetedBody implements ResponseBody {
  readonly #body: ResponseBody;
  readonly #bucket: TokenBucket;
  readonly #signal: AbortSignal | undefined;

  constructor(body: ResponseBody, bucket: TokenBucket, signal: AbortSignal | undefined) {
    this.#body = body;
    this.#bucket = bucket;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void, void> {
    const source = this.#body[Symbol.asyncIterator]();
    const pieces = budgetedContent({ [Symbol.asyncIterator]: () => source }, this.#bucket, this.#signal);
    let started = false;
    return {
      next: () => {
        started = true;
        return pieces.next();
      },
      // A generator that never ran ends without a word to its source, and one that waits for a piece ends only after it.
      return: async () => {
        await source.return?.();
        return started ? pieces.return() : { done: true, value: undefined };
      },
    };
  }

  async bytes(limit: number): Promise<Uint8Array> {
    const bytes = await this.#body.bytes(limit);
    this.#bucket.debit(bytes.length);
    return bytes;
  }

  drop(): Promise<void> {
    return this.#body.drop();
  }
}
