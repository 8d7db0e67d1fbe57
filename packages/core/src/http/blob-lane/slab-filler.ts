import type { Slab } from "./slab.ts";
import type { SlabShare } from "./slab-share.ts";

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
 * Bytes for which room is kept when a connection is paused. A plain one reads once more into the room that it was given before the pause. A TLS one may
 * go on after it: with what it has read, up to 64 KiB, and with a record that it had begun.
 */
const PLAIN_ROOM = 64 * 1024;
const TLS_ROOM = 128 * 1024;

/** Fills one slab after the other. The next one is taken before the room gets short: a connection keeps the room that it was given while it is paused. */
export class SlabFiller {
  readonly #share: SlabShare;
  readonly #kept: number;
  #current: Slab | undefined;
  #at = 0;
  #next: Slab | undefined;

  constructor(share: SlabShare, { tls }: { readonly tls: boolean }) {
    this.#share = share;
    this.#kept = tls ? TLS_ROOM : PLAIN_ROOM;
  }

  /**
   * Where the next bytes go, `most` at most and never none. Without a next slab, the last of the room is kept for what comes after a pause.
   * @throws {OverrunError}
   */
  room(most: number): Uint8Array {
    const slab = this.#filling();
    const rest = slab.size - this.#at;
    const whole = rest >= most || rest <= this.#kept || this.#hasNext();
    return slab.memory.subarray(this.#at, this.#at + Math.min(most, whole ? rest : rest - this.#kept));
  }

  /** Bytes came to the start of the room; what they fill is held for the caller. */
  filled(length: number): Region {
    const slab = this.#filling();
    const start = this.#at;
    this.#at += length;
    slab.hold();
    return { slab, start, end: this.#at };
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

  #filling(): Slab {
    if (this.#current !== undefined && this.#at < this.#current.size) return this.#current;
    const next = this.#next ?? this.#share.take();
    if (next === undefined) throw new OverrunError("More bytes came than there was room for");
    this.#current?.letGo();
    this.#current = next;
    this.#next = undefined;
    this.#at = 0;
    return next;
  }
}
