import type { Slab } from "../../bytes/slab.ts";
import type { SlabShare } from "../../bytes/slab-share.ts";

/** Bytes that came: a part of a slab, which is held for whoever gets it. */
export interface Region {
  readonly slab: Slab;
  readonly start: number;
  readonly end: number;
}

/** More bytes came than there was room for, though the connection was paused in time. */
export class OverrunError extends Error {
  override readonly name = "OverrunError";
}

/**
 * Bytes for which room is kept when a TLS connection is paused: it may go on with what it has read, up to 64 KiB, and with a record that it had begun.
 * A plain one stops at once.
 */
const TLS_ROOM = 128 * 1024;

const LANDING_BYTES = 1024;

/**
 * Fills one slab after the other. A connection keeps the room that it was given before a pause, and reads into it once after the pause: where there is no slab
 * to be given then, that is the landing, from where what came goes to the next slab.
 */
export class SlabFiller {
  readonly #share: SlabShare;
  readonly #kept: number;
  readonly #landing: Buffer = Buffer.allocUnsafeSlow(LANDING_BYTES);
  #onLanding = false;
  #current: Slab | undefined;
  #at = 0;
  #next: Slab | undefined;

  constructor(share: SlabShare, { tls }: { readonly tls: boolean }) {
    this.#share = share;
    this.#kept = tls ? TLS_ROOM : 0;
  }

  /** Where the next bytes go, `most` at most and never none. Without a next slab, the last of the room is kept for what comes after a pause. */
  room(most: number): Uint8Array {
    const slab = this.#filling();
    this.#onLanding = slab === undefined;
    if (slab === undefined) return this.#landing.subarray(0, most);
    const rest = slab.size - this.#at;
    const whole = rest >= most || rest <= this.#kept || this.#hasNext();
    return slab.memory.subarray(this.#at, this.#at + Math.min(most, whole ? rest : rest - this.#kept));
  }

  /** Bytes came to the start of the room; what they fill is held for the caller. @throws {OverrunError} */
  filled(length: number): Region {
    const slab = this.#filling();
    if (slab === undefined) throw new OverrunError("More bytes came than there was room for");
    const start = this.#at;
    if (this.#onLanding) this.#landing.copy(slab.memory, start, 0, length);
    const end = start + length;
    this.#at = end;
    if (end < slab.size) slab.hold();
    // The caller is the one who holds it now.
    else this.#current = undefined;
    return { slab, start, end };
  }

  /** Whether there is room for what may come, at most `most` bytes; else the connection has to be paused until a slab comes home. */
  isReady(most: number): boolean {
    const rest = this.#current === undefined ? 0 : this.#current.size - this.#at;
    return rest >= most || rest > this.#kept || this.#hasNext();
  }

  /** Told when a slab came home, after there was no room. */
  onHome(listener: (() => void) | undefined): void {
    this.#share.onHome(listener);
  }

  /** Nothing is written to the slabs any more. */
  close(): void {
    this.#current?.letGo();
    this.#next?.letGo();
    this.#current = undefined;
    this.#next = undefined;
    this.#share.close();
  }

  #hasNext(): boolean {
    this.#next ??= this.#share.take();
    return this.#next !== undefined;
  }

  /** The slab that is filled; undefined where the next one must wait until one comes home. */
  #filling(): Slab | undefined {
    if (this.#current !== undefined || !this.#hasNext()) return this.#current;
    this.#current = this.#next;
    this.#next = undefined;
    this.#at = 0;
    return this.#current;
  }
}
