import type { ClientRequest } from "node:http";
import type { Lease } from "../../bytes/lease.ts";

/** The leases that a request is sending. Each is released when its write has called back, or when the connection is closed: only then is it not read any more. */
export class SentLeases {
  readonly #outgoing: ClientRequest;
  readonly #onProgress: () => void;
  readonly #pending = new Set<Lease>();
  #wake: (() => void) | undefined;

  /** @param onProgress Told when bytes were written. */
  constructor(outgoing: ClientRequest, onProgress: () => void) {
    this.#outgoing = outgoing;
    this.#onProgress = onProgress;
    // Comes after the socket's own, or when all was written.
    outgoing.once("close", () => {
      for (const lease of this.#pending) lease.release();
      this.#pending.clear();
      this.#wake?.();
    });
  }

  /** Writes that have not called back. */
  get count(): number {
    return this.#pending.size;
  }

  /** Sends the bytes; takes the lease over. */
  write(lease: Lease): void {
    if (this.#outgoing.closed) {
      lease.release();
      return;
    }
    this.#pending.add(lease);
    this.#outgoing.write(lease.bytes, (error) => {
      // A write that failed may be under way in the system until the socket is closed.
      if (error !== null && error !== undefined) return;
      if (this.#pending.delete(lease)) lease.release();
      this.#onProgress();
      this.#wake?.();
    });
  }

  /** Waits until fewer than `most` writes are under way, or the connection is closed. */
  async fewerThan(most: number): Promise<void> {
    while (this.#pending.size >= most) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
