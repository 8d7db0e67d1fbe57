import { type Lease, type LeaseReader, leasesOf, splitLease } from "../../../bytes/lease.ts";

/**
 * A stream that is open at an offset, read in pieces of bounded length: what a part doesn't take of a piece is there for the next one.
 * Memory: one piece of the stream.
 */
export class Reading {
  /** Of the byte that is read next. */
  offset: number;
  readonly #leases: LeaseReader;
  #rest: Lease | undefined;
  #closed = false;

  constructor(content: AsyncIterable<Uint8Array>, offset: number) {
    this.#leases = leasesOf(content);
    this.offset = offset;
  }

  /** The next piece, of at most `length` bytes; undefined at the end. */
  async read(length: number): Promise<Lease | undefined> {
    const lease = this.#rest ?? (await this.#next());
    this.#rest = undefined;
    if (lease === undefined) return undefined;
    let piece = lease;
    if (lease.bytes.length > length) [piece, this.#rest] = splitLease(lease, length);
    this.offset += piece.bytes.length;
    return piece;
  }

  /** Lets the source go. It isn't waited for, since it may be in the middle of a slow read. */
  close(): void {
    this.#closed = true;
    this.#rest?.release();
    this.#rest = undefined;
    this.#leases.close().catch(() => {});
  }

  async #next(): Promise<Lease | undefined> {
    for (;;) {
      const lease = await this.#leases.read();
      if (lease === undefined || (lease.bytes.length > 0 && !this.#closed)) return lease;
      lease.release();
    }
  }
}
