import { LaneError } from "../errors/lane-error.ts";
import { tooSlow } from "../errors/too-slow.ts";
import { type Framing, framingOf } from "../message/framing.ts";
import type { LowestRateOptions } from "../message/lowest-rate.ts";
import { LowestRate } from "../message/lowest-rate.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { BadHeadError, headEnd, parseHead, type ResponseHead } from "../message/response-head.ts";
import { tooLong } from "../message/too-long.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { LeasedBody } from "./leased-body.ts";
import type { SlabFiller } from "./slab-filler.ts";

export interface AnswerReaderInit {
  readonly request: HttpRequest;
  /** Where heads are read, and what comes of the body with them. */
  readonly headRoom: Buffer;
  readonly filler: SlabFiller;
  /** The lowest rate of the body. Default: any. */
  readonly lowestRate?: LowestRateOptions | undefined;
  /** Closes the connection, since nobody wants the rest. */
  readonly destroy: () => void;
  /** The head of the final answer came. */
  readonly onHead: (response: HttpResponse) => void;
  /** The whole answer came. @param reusable Whether the connection may carry another request. */
  readonly onEnd: (head: ResponseHead, reusable: boolean) => void;
}

/** Reads one answer from a connection: heads of 1xx, the final head, and the body into slabs. */
export class AnswerReader {
  readonly #init: AnswerReaderInit;
  #headBytes = 0;
  #head: ResponseHead | undefined;
  #framing: Framing | undefined;
  #chunks: ChunkDecoder | undefined;
  #left = Number.POSITIVE_INFINITY;
  #body: LeasedBody | undefined;
  #over = false;

  constructor(init: AnswerReaderInit) {
    this.#init = init;
  }

  /** Whether a byte of it came. */
  get hasBegun(): boolean {
    return this.#headBytes > 0;
  }

  get body(): LeasedBody | undefined {
    return this.#body;
  }

  /** Where the next bytes go. */
  room(): Uint8Array {
    const { headRoom, filler } = this.#init;
    if (this.#over) return headRoom;
    return this.#head === undefined ? headRoom.subarray(this.#headBytes) : filler.room(this.#left);
  }

  /**
   * Bytes came to the start of the room; false where there is none for more.
   * @throws {BadHeadError} {OddFramingError} {LaneError} {OverrunError}
   */
  received(length: number): boolean {
    if (this.#head === undefined) this.#readHeads(length);
    else this.#readBody(length, true);
    return this.#over || this.#head === undefined || this.isReady();
  }

  /** Whether there is room for what is still to come. */
  isReady(): boolean {
    return this.#init.filler.isReady(this.#left);
  }

  /** The connection ended by the peer's will: the end of a body that has no other. */
  ended(): boolean {
    if (this.#over || this.#framing?.kind !== "close") return false;
    this.#end(false);
    return true;
  }

  #readHeads(length: number): void {
    const { headRoom } = this.#init;
    this.#headBytes += length;
    let from = 0;
    while (from < this.#headBytes) {
      const came = headRoom.subarray(from, this.#headBytes);
      const end = headEnd(came, 0);
      if (end === undefined) break;
      const head = parseHead(came.subarray(0, end));
      from += end;
      if (head.status >= 200) {
        this.#begin(head, headRoom.subarray(from, this.#headBytes));
        return;
      }
      if (head.status === 101) throw new BadHeadError("The answer switches to a protocol that nobody asked for");
    }
    headRoom.copyWithin(0, from, this.#headBytes);
    this.#headBytes -= from;
    if (this.#headBytes === headRoom.length)
      throw new LaneError("LANE_HEAD_TOO_LONG", "The head of the answer is too long");
  }

  #begin(head: ResponseHead, rest: Buffer): void {
    const { request, destroy, onHead, lowestRate } = this.#init;
    const framing = framingOf(request.method, head);
    this.#head = head;
    this.#framing = framing;
    if (framing.kind === "length") this.#left = framing.length;
    if (framing.kind === "chunked") this.#chunks = new ChunkDecoder();
    const { status, headers } = head;
    const length = framing.kind === "length" ? framing.length : undefined;
    this.#body = new LeasedBody({
      length,
      destroy,
      tooLong: (limit) => tooLong(request, status, limit),
      rate: lowestRate && {
        lowest: new LowestRate(lowestRate),
        tooSlow: (window) => tooSlow(request, status, window),
      },
    });
    onHead({ status, headers, body: this.#body, url: request.url });
    this.#takeRest(rest);
  }

  /** What came of the body together with the head. */
  #takeRest(rest: Buffer): void {
    let from = 0;
    while (from < rest.length && !this.#over && this.#left > 0) {
      const room = this.#init.filler.room(this.#left);
      const length = Math.min(room.length, rest.length - from);
      room.set(rest.subarray(from, from + length));
      from += length;
      this.#readBody(length, from === rest.length);
    }
    if (this.#left === 0 && !this.#over) this.#end(from === rest.length);
  }

  /** @param isAll Whether nothing else came with it. */
  #readBody(length: number, isAll: boolean): void {
    const region = this.#init.filler.filled(length);
    if (this.#chunks === undefined) {
      this.#left -= length;
      this.#body?.push(region);
      if (this.#left === 0) this.#end(isAll);
      return;
    }
    const { slab, start, end } = region;
    try {
      const used = this.#chunks.read(slab.memory.subarray(start, end), (from, until) => {
        slab.hold();
        this.#body?.push({ slab, start: start + from, end: start + until });
      });
      if (this.#chunks.isOver) this.#end(isAll && used === length);
    } finally {
      slab.letGo();
    }
  }

  #end(reusable: boolean): void {
    if (this.#head === undefined) return;
    this.#over = true;
    this.#init.onEnd(this.#head, reusable && this.#head.keepAlive && this.#framing?.kind !== "close");
    this.#body?.finish();
  }
}
