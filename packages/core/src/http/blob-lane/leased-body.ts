import { CollectedBytes } from "../../bytes/collected-bytes.ts";
import { type Lease, type LeaseReader, LentContent } from "../../bytes/lease.ts";
import type { BodyRate } from "../message/incoming-body.ts";
import { dropRest } from "../message/short-rest.ts";
import type { ResponseBody } from "../request.ts";
import type { Region } from "./slab-filler.ts";

export interface LeasedBodyInit {
  /** Bytes that the head promised, where it did. */
  readonly length: number | undefined;
  /** Closes the connection, since nobody wants the rest; whoever waits for it is told by `fail`. */
  readonly destroy: () => void;
  /** The error for a body over the limit of `bytes()`. */
  readonly tooLong: (limit: number) => Error;
  /** Measures how fast it comes. Default: any rate will do. */
  readonly rate?: BodyRate | undefined;
}

/** The body of an answer in slabs: filled by its connection, lent to whoever reads it. Memory: the slabs, which hold the connection back when all are out. */
export class LeasedBody extends LentContent implements ResponseBody {
  readonly #init: LeasedBodyInit;
  #regions: Region[] = [];
  #taken = false;
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(init: LeasedBodyInit) {
    super();
    this.#init = init;
  }

  /** A region came, held for us. What nobody has read yet grows, so that a slow reader gets large pieces. */
  push(region: Region): void {
    this.#init.rate?.lowest.received(region.end - region.start);
    const last = this.#regions.at(-1);
    if (last?.slab === region.slab && last.end === region.start) {
      this.#regions[this.#regions.length - 1] = { ...last, end: region.end };
      region.slab.letGo();
    } else {
      this.#regions.push(region);
    }
    this.#wakeReader();
  }

  /** All of it came. */
  finish(): void {
    this.#end ??= {};
    this.#wakeReader();
  }

  /** The connection broke; what came before is still handed out. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader();
  }

  /** The caller gave up; nothing more is handed out. */
  abort(error: unknown): void {
    this.#letGo();
    this.#end = { error };
    this.#wakeReader();
  }

  leases(): LeaseReader {
    if (this.#taken) throw new TypeError("The body of an answer can be read only once");
    this.#taken = true;
    return { read: () => this.#read(), close: async () => this.#abandon() };
  }

  async bytes(limit: number): Promise<Uint8Array> {
    const collected = new CollectedBytes();
    for await (const piece of this) {
      collected.add(piece);
      if (collected.size > limit) throw this.#init.tooLong(limit);
    }
    return collected.bytes();
  }

  async drop(): Promise<void> {
    if (this.#taken) {
      if (this.#end !== undefined) return;
      this.#letGo();
      this.#init.destroy();
      return;
    }
    const { length } = this.#init;
    await dropRest({ length, read: (limit) => this.bytes(limit), destroy: () => this.#abandon() });
    this.#taken = true;
  }

  async #read(): Promise<Lease | undefined> {
    for (;;) {
      const region = this.#regions.shift();
      if (region !== undefined) return region.slab.lend(region.start, region.end);
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return undefined;
      }
      this.#init.rate?.lowest.waits();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#checkRate();
    }
  }

  /** @throws what a body that comes too slowly fails with. */
  #checkRate(): void {
    const slow = this.#init.rate?.lowest.waited();
    if (slow === undefined || this.#end !== undefined || this.#init.rate === undefined) return;
    const error = this.#init.rate.tooSlow(slow);
    this.#letGo();
    this.#end = { error };
    this.#init.destroy();
    throw error;
  }

  /** At the end of the turn: several reads of one turn make one piece. */
  #wakeReader(): void {
    if (this.#wake === undefined) return;
    setImmediate(this.#wake);
    this.#wake = undefined;
  }

  #abandon(): void {
    this.#letGo();
    if (this.#end !== undefined) return;
    this.#end = {};
    this.#init.destroy();
    this.#wakeReader();
  }

  #letGo(): void {
    for (const { slab } of this.#regions) slab.letGo();
    this.#regions = [];
  }
}
