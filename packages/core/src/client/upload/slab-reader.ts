import { ContentFailure } from "../../registry/upload/content/outgoing.ts";

/**
 * Collects the pieces of a stream into slabs of a wanted length, one at a time, in memory that is used again. It reads one piece ahead, so that it is known
 * whether a slab is the last one.
 * Memory: one slab, and one piece of the stream.
 */
export class SlabReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #slab: Uint8Array = new Uint8Array();
  #length = 0;
  #ahead: Uint8Array = new Uint8Array();
  #ended = false;

  constructor(pieces: AsyncIterator<Uint8Array>, signal?: AbortSignal) {
    this.#pieces = pieces;
    this.#signal = signal;
  }

  /** What was collected; valid until the next `clear`. */
  get bytes(): Uint8Array {
    return this.#slab.subarray(0, this.#length);
  }

  /** Whether nothing comes after `bytes`. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Collects until there are `length` bytes, or all; what is there stays. @throws {ContentFailure} where the stream fails; the signal's reason. */
  async fill(length: number): Promise<void> {
    if (this.#slab.length < length) {
      const grown = Buffer.allocUnsafeSlow(length);
      grown.set(this.bytes);
      this.#slab = grown;
    }
    while (await this.#lookAhead()) {
      const room = length - this.#length;
      if (room <= 0) return;
      const taken = this.#ahead.subarray(0, room);
      this.#slab.set(taken, this.#length);
      this.#length += taken.length;
      this.#ahead = this.#ahead.subarray(taken.length);
    }
  }

  /** Drops what was collected: it was sent. */
  clear(): void {
    this.#length = 0;
  }

  /** Closes the stream; afterwards nothing is read. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#pieces.return?.();
    this.#ended = true;
  }

  async #lookAhead(): Promise<boolean> {
    while (this.#ahead.length === 0 && !this.#ended) {
      const next = await nextPiece(this.#pieces, this.#signal);
      if (next.done === true) this.#ended = true;
      else this.#ahead = next.value;
    }
    return this.#ahead.length > 0;
  }
}

/** A stream that gives nothing must not hold up an abort. */
async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Uint8Array>> {
  signal?.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([pieces.next(), aborted]);
  } catch (error) {
    signal?.throwIfAborted();
    throw new ContentFailure(error);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
