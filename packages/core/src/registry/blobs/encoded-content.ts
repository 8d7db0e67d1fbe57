import type { Hash } from "node:crypto";
import { type Lease, type LeaseReader, leasesOf } from "../../bytes/lease.ts";
import { algorithmOf, type Digest, hasherFor } from "../../digest/digest.ts";
import { DigestMismatchError, StoreError } from "../../errors/errors.ts";
import { notDecoded } from "../manifest-headers.ts";

export interface EncodedContentOptions {
  readonly digest: Digest;
  /** Bytes that the content should have. */
  readonly size: number;
  /** The Content-Encoding of the answer. */
  readonly encoding: string;
  /** What is being done, for messages. */
  readonly action: string;
}

/**
 * The whole body of an answer with a Content-Encoding, as it came. It is hashed here too, so that
 * the error for wrong bytes names the encoding. An end that comes too early is no break.
 */
export class EncodedContent implements LeaseReader {
  readonly #source: LeaseReader;
  readonly #options: EncodedContentOptions;
  readonly #hash: Hash;
  #length = 0;
  #closed = false;

  constructor(body: AsyncIterable<Uint8Array>, options: EncodedContentOptions) {
    this.#source = leasesOf(body);
    this.#options = options;
    this.#hash = hasherFor(options.digest);
  }

  async read(): Promise<Lease | undefined> {
    const lease = await this.#source.read();
    if (this.#closed) return lease;
    if (lease === undefined) return this.#finish();
    this.#length += lease.bytes.length;
    const { size, action, encoding } = this.#options;
    if (this.#length > size) {
      lease.release();
      throw new StoreError("SIZE_MISMATCH", `${action}: more than ${size} bytes came${notDecoded(encoding)}`);
    }
    this.#hash.update(lease.bytes);
    return lease;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#source.close();
  }

  #finish(): undefined {
    const { digest, action, encoding } = this.#options;
    this.#closed = true;
    const actual: Digest = `${algorithmOf(digest)}:${this.#hash.digest("hex")}`;
    if (actual === digest) return;
    const detail = `the ${this.#length} bytes that came hash to "${actual}"${notDecoded(encoding)}`;
    throw new DigestMismatchError(`${action}: ${detail}`, { expected: digest, actual });
  }
}
