import { CollectedBytes } from "../../bytes/collected-bytes.ts";
import type { ResponseBody } from "../request.ts";
import type { LowestRate, SlowWindow } from "./lowest-rate.ts";
import { dropRest } from "./short-rest.ts";

/** What the body needs from its connection. */
export interface Flow {
  pause(): void;
  resume(): void;
  destroy(): void;
}

export interface IncomingBodyInit {
  readonly flow: Flow;
  /** Bytes that the head promised, where it did. */
  readonly length: number | undefined;
  /** The error for a body over the limit of `bytes()`. */
  readonly tooLong: (limit: number) => Error;
  /** Measures how fast it comes, and what it fails with where that is too slow. Default: any rate will do. */
  readonly rate?: BodyRate | undefined;
}

/** The lowest rate of a body, and the error for one that is slower. */
export interface BodyRate {
  readonly lowest: LowestRate;
  readonly tooSlow: (window: SlowWindow) => Error;
}

/** What is buffered before the connection is paused, in bytes. */
const BUFFERED = 256 * 1024;
/** The same in pieces: short ones take more memory than they have bytes. */
const BUFFERED_PIECES = 1024;

/** The body of an answer: filled by its connection, emptied by whoever iterates it. Memory: 256 KiB and a piece. */
export class IncomingBody implements ResponseBody {
  readonly #flow: Flow;
  readonly #length: number | undefined;
  readonly #tooLong: (limit: number) => Error;
  readonly #rate: BodyRate | undefined;
  #pieces: Uint8Array[] = [];
  #buffered = 0;
  #paused = false;
  #taken = false;
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(init: IncomingBodyInit) {
    this.#flow = init.flow;
    this.#length = init.length;
    this.#tooLong = init.tooLong;
    this.#rate = init.rate;
  }

  /** A piece came. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
    this.#rate?.lowest.received(piece.length);
    if ((this.#buffered >= BUFFERED || this.#pieces.length >= BUFFERED_PIECES) && !this.#paused) {
      this.#paused = true;
      this.#flow.pause();
    }
    this.#wake?.();
  }

  /** All of it came. */
  finish(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  /** The connection broke; what came before is still handed out. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** The caller gave up; nothing more is handed out. */
  abort(error: unknown): void {
    this.#pieces = [];
    this.#buffered = 0;
    this.#end = { error };
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#take();
    const pieces = this.#read();
    return {
      next: () => pieces.next(),
      // Not left to the generator: it can't return while it waits for a piece.
      return: () => {
        this.#abandon();
        return pieces.return();
      },
    };
  }

  async bytes(limit: number): Promise<Uint8Array> {
    if (this.#end !== undefined) return this.#whole(this.#end, limit);
    const collected = new CollectedBytes();
    for await (const piece of this) {
      collected.add(piece);
      if (collected.size > limit) throw this.#tooLong(limit);
    }
    return collected.bytes();
  }

  async drop(): Promise<void> {
    if (this.#taken) {
      if (this.#end === undefined) this.#flow.destroy();
      return;
    }
    if (this.#end !== undefined) {
      this.#taken = true;
      this.#pieces = [];
      return;
    }
    const length = this.#length;
    // Nobody reads what is left of it afterwards.
    await dropRest({ length, read: (limit) => this.bytes(limit), destroy: () => this.#flow.destroy() });
    this.#taken = true;
  }

  /** A small body is there as a whole when its head is handed out. */
  #whole(end: { readonly error?: unknown }, limit: number): Uint8Array {
    this.#take();
    if (this.#buffered > limit) throw this.#tooLong(limit);
    if ("error" in end) throw end.error;
    return Buffer.concat(this.#pieces.splice(0), this.#buffered);
  }

  #take(): void {
    if (this.#taken) throw new TypeError("The body of an answer can be read only once");
    this.#taken = true;
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#buffered -= piece.length;
        if (this.#paused && this.#buffered < BUFFERED / 2 && this.#pieces.length < BUFFERED_PIECES / 2) {
          this.#paused = false;
          this.#flow.resume();
        }
        yield piece;
        continue;
      }
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      }
      this.#rate?.lowest.waits();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#checkRate();
    }
  }

  /** @throws what a body that comes too slowly fails with. */
  #checkRate(): void {
    const slow = this.#rate?.lowest.waited();
    if (slow === undefined || this.#end !== undefined || this.#rate === undefined) return;
    const error = this.#rate.tooSlow(slow);
    this.#pieces = [];
    this.#end = { error };
    this.#flow.destroy();
    throw error;
  }

  #abandon(): void {
    this.#pieces = [];
    if (this.#end !== undefined) return;
    this.#end = {};
    this.#flow.destroy();
    this.#wake?.();
  }
}
