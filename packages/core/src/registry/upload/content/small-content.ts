import type { Descriptor } from "../../../content/descriptor.ts";
import { readVerified } from "../../../content/verify.ts";
import { SMALL_BODY_BYTES } from "../../../http/message/big-body.ts";
import type { Open } from "../../../store/store.ts";
import { ContentFailure, type Outgoing, type OutgoingPart } from "./outgoing.ts";

/** A small blob: read whole, once, and checked before a byte of it is sent, so that it goes out as one buffer whatever is asked how often. Memory: 64 KiB at most. */
export class SmallContent implements Outgoing {
  readonly #descriptor: Descriptor;
  readonly #open: Open;
  readonly #signal: AbortSignal | undefined;
  #bytes: Uint8Array | undefined;

  /** Undefined for a blob that is not small. */
  static of(descriptor: Descriptor, open: Open, signal: AbortSignal | undefined): SmallContent | undefined {
    return descriptor.size > SMALL_BODY_BYTES ? undefined : new SmallContent(descriptor, open, signal);
  }

  private constructor(descriptor: Descriptor, open: Open, signal: AbortSignal | undefined) {
    this.#descriptor = descriptor;
    this.#open = open;
    this.#signal = signal;
  }

  /** Reads the content where it wasn't yet. @throws {ContentFailure} where it can't be read, or is not what its descriptor says. */
  async part(offset: number, length: number): Promise<OutgoingPart> {
    this.#bytes ??= await this.#read();
    return new BufferedPart(this.#bytes, offset, length);
  }

  async close(): Promise<void> {
    this.#bytes = undefined;
  }

  async #read(): Promise<Uint8Array> {
    try {
      return await readVerified(await this.#open(0, this.#signal), this.#descriptor);
    } catch (error) {
      throw new ContentFailure(error);
    }
  }
}

class BufferedPart implements OutgoingPart {
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  readonly failure = undefined;
  sent: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, offset: number, length: number) {
    this.#bytes = bytes.subarray(offset, offset + length);
    this.offset = offset;
    this.length = this.#bytes.length;
    this.isLast = offset + this.length === bytes.length;
    this.sent = offset;
  }

  body(): Uint8Array {
    this.sent = this.offset + this.length;
    return this.#bytes;
  }
}
