import type { ClientRequest } from "node:http";
import { type Lease, type LeaseReader, splitLease } from "../../bytes/lease.ts";
import { LaneError } from "../errors/lane-error.ts";
import { MOST_REPLAYED_BYTES } from "../lane.ts";
import { SentLeases } from "./sent-leases.ts";

/** Writes under way at once: one in the kernel's hands, one behind it. */
const MOST_WRITES = 2;

/** Over TLS, the bytes of one write: the whole of it is encrypted before any of it goes, into memory of its own. One at a time: two would be put together first, by a copy. */
const TLS_WRITE = 256 * 1024;
const MOST_TLS_WRITES = 1;

/** Sends a body, lease by lease as the connection takes them. Memory: two leases. */
export class BodySender {
  /** Bytes that were handed to the connection. */
  taken = 0;
  /** Whether the connection has taken the whole body. */
  isDone = false;
  readonly #leases: LeaseReader;
  readonly #outgoing: ClientRequest;
  readonly #length: number | undefined;
  readonly #sent: SentLeases;
  #stopped = false;

  /** @param onProgress Told when bytes were written. */
  constructor(leases: LeaseReader, outgoing: ClientRequest, length: number | undefined, onProgress: () => void) {
    this.#leases = leases;
    this.#outgoing = outgoing;
    this.#length = length;
    this.#sent = new SentLeases(outgoing, onProgress);
  }

  /** Whether the connection has taken all that there is so far, and more is to come. */
  get waitsForContent(): boolean {
    return !this.#stopped && this.#sent.count === 0;
  }

  /** Sends nothing more, since the answer is there or the connection is gone. The content isn't waited for: it may be in the middle of a slow read. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#leases.close().catch(() => {});
  }

  /** Sends all of it and ends the request; false where it was stopped. @throws what the content threw; {LaneError} LANE_CONTENT_LENGTH. */
  async run(): Promise<boolean> {
    for (;;) {
      const lease = await this.#leases.read();
      // An answer that came meanwhile is read before more is written: writing to a connection that the peer has closed would lose it.
      await nextTurn();
      if (this.#stopped) {
        lease?.release();
        return false;
      }
      if (lease === undefined) break;
      if (this.taken + lease.bytes.length > (this.#length ?? Number.POSITIVE_INFINITY)) {
        lease.release();
        throw notAsSaid();
      }
      await this.#write(lease);
    }
    if (this.#length !== undefined && this.taken !== this.#length) throw notAsSaid();
    this.#stopped = true;
    this.#outgoing.end();
    await this.#sent.fewerThan(1);
    this.isDone = true;
    return true;
  }

  get #isTls(): boolean {
    return this.#outgoing.protocol === "https:";
  }

  async #write(lease: Lease): Promise<void> {
    let rest = lease;
    if (this.taken === 0 && lease.bytes.length > MOST_REPLAYED_BYTES) {
      // A kept connection that dies before it took more was dead already.
      const [first, others] = splitLease(lease, MOST_REPLAYED_BYTES);
      rest = others;
      this.taken = MOST_REPLAYED_BYTES;
      this.#sent.write(first);
      await this.#sent.fewerThan(1);
      await nextTurn();
    }
    const most = this.#isTls ? TLS_WRITE : rest.bytes.length;
    while (!this.#stopped && rest.bytes.length > most) {
      const [piece, others] = splitLease(rest, most);
      rest = others;
      await this.#hand(piece);
    }
    if (this.#stopped) rest.release();
    else await this.#hand(rest);
  }

  async #hand(lease: Lease): Promise<void> {
    this.taken += lease.bytes.length;
    this.#sent.write(lease);
    await this.#sent.fewerThan(this.#isTls ? MOST_TLS_WRITES : MOST_WRITES);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function notAsSaid(): LaneError {
  return new LaneError("LANE_CONTENT_LENGTH", "The content is not as long as it was said to be");
}
