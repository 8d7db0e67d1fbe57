import { createHash } from "node:crypto";
import type { Digest } from "../../digest/digest.ts";
import { ContentFailure, type Outgoing, type OutgoingPart } from "../../registry/upload/content/outgoing.ts";
import type { SlabReader } from "./slab-reader.ts";
import { slices } from "./slices.ts";

/** Content of unknown length that is read once: each part is collected in memory before it is sent, so that it can be sent again. Memory: one part. */
export class CollectedContent implements Outgoing {
  readonly #reader: SlabReader;
  readonly #hash = createHash("sha256");
  /** Where the slab begins, and how far the content was hashed. */
  #start = 0;
  #hashed = 0;

  /** @param reader May have collected something already. */
  constructor(reader: SlabReader) {
    this.#reader = reader;
  }

  /** Bytes, as far as it was read. */
  get size(): number {
    return this.#start + this.#reader.bytes.length;
  }

  /** The digest of what was read. */
  get digest(): Digest {
    return `sha256:${this.#hash.copy().digest("hex")}`;
  }

  async part(offset: number, length: number): Promise<OutgoingPart> {
    const reader = this.#reader;
    if (offset === this.size && offset > 0) {
      reader.clear();
      this.#start = offset;
    }
    if (offset < this.#start) {
      throw new ContentFailure(
        new RangeError(`Cannot go back to ${offset}: the content is read once, and is at ${this.#start}`),
      );
    }
    if (offset === this.#start) await reader.fill(length);
    this.#hash.update(reader.bytes.subarray(this.#hashed - this.#start));
    this.#hashed = this.size;
    const bytes = reader.bytes.subarray(offset - this.#start);
    return {
      offset,
      length: bytes.length,
      isLast: reader.ended,
      body: () => slices(bytes),
      failure: undefined,
      sent: this.size,
    };
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
