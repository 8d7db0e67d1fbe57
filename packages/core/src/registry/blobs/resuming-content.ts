import { type Lease, type LeaseReader, type LentContent, leasesOf, lentContent } from "../../bytes/lease.ts";
import { isRetryable, isTooSlow, StoreError } from "../../errors/errors.ts";
import { type RetryOptions, retrying } from "../../pace/retry.ts";
import type { OpenedContent } from "./open-range.ts";

/** Bytes after which tries below the lowest rate are counted anew. */
const PROGRESS_BYTES = 1024 * 1024;
/** The same for connections that break: one that brings a byte each time would else go on for ever. */
const LEAST_PROGRESS_BYTES = 1024;

export interface ResumingContentOptions {
  /** The stream from `offset`, already open; undefined where there is nothing left to read. */
  readonly first: OpenedContent | undefined;
  readonly offset: number;
  /** Bytes of the whole content. */
  readonly size: number;
  /** What is being done, for messages. */
  readonly action: string;
  /** Opens the content again at an offset. */
  readonly open: (offset: number) => Promise<OpenedContent>;
  readonly retry: RetryOptions;
}

const ATTEMPTS = 5;

/** A stream of `size - offset` bytes that opens itself again at the offset reached when it breaks off or ends too early. Read once. */
export function resumingContent(
  options: ResumingContentOptions,
): LentContent & AsyncIterableIterator<Uint8Array, undefined, void> {
  return lentContent(new ResumingLeases(options));
}

class ResumingLeases implements LeaseReader {
  readonly #options: ResumingContentOptions;
  #offset: number;
  #content: OpenedContent | undefined;
  #leases: LeaseReader | undefined;
  #over = false;
  /** Tries that ended because too little came. */
  readonly #slow = new Tries(PROGRESS_BYTES);
  /** Tries whose connection broke. */
  readonly #broken = new Tries(LEAST_PROGRESS_BYTES);

  constructor(options: ResumingContentOptions) {
    this.#options = options;
    this.#offset = options.offset;
    this.#content = options.first;
  }

  /** The next piece. Tries are counted for each piece, and for each 1 KiB; those that were too slow for each 1 MiB. */
  async read(): Promise<Lease | undefined> {
    if (this.#over) return undefined;
    try {
      const lease = this.#content === undefined ? await this.#retrying() : await this.#read().catch(this.#retrying);
      this.#over ||= lease === undefined;
      return lease;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Tries until a piece comes. @param failed How the first try ended; it was made without all this, which would cost at each piece. */
  readonly #retrying = (failed?: unknown): Promise<Lease | undefined> => {
    let reading = false;
    return retrying(
      async (attempt) => {
        reading = attempt === 1 && failed !== undefined;
        if (reading) throw failed;
        // Where this fails, the client has tried again for long enough.
        await this.#open();
        reading = true;
        return await this.#read();
      },
      { ...this.#options.retry, isRetryable: (error) => !this.#over && reading && this.#mayPass(error) },
    );
  };

  /** Lets the connection go, also where nothing was read yet. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#letGo();
  }

  #mayPass(error: unknown): boolean {
    const attempts = this.#options.retry.attempts ?? ATTEMPTS;
    if (isTooSlow(error)) return this.#slow.count(this.#offset) < attempts;
    return isRetryable(error) && this.#broken.count(this.#offset) < attempts;
  }

  async #open(): Promise<void> {
    if (this.#content !== undefined || this.#offset >= this.#options.size || this.#over) return;
    this.#content = await this.#options.open(this.#offset);
    if (this.#over) await this.#letGo();
  }

  async #read(): Promise<Lease | undefined> {
    const { size, action } = this.#options;
    try {
      if (this.#content !== undefined) this.#leases ??= leasesOf(this.#content);
      const lease = await this.#leases?.read();
      if (this.#over) {
        lease?.release();
        return undefined;
      }
      if (lease !== undefined) {
        this.#offset += lease.bytes.length;
        if (this.#offset <= size) return lease;
        lease.release();
        throw new StoreError("SIZE_MISMATCH", `${action}: more than ${size} bytes came`);
      }
      if (this.#offset === size) return undefined;
      throw new StoreError("NETWORK", `${action}: it broke off at ${this.#offset} of ${size} bytes`);
    } catch (error) {
      await this.#letGo();
      // A connection that breaks after the last byte took nothing away.
      if (this.#offset === size && isRetryable(error)) return undefined;
      throw error;
    }
  }

  async #letGo(): Promise<void> {
    const content = this.#content;
    const leases = this.#leases;
    this.#content = undefined;
    this.#leases = undefined;
    if (leases === undefined) await content?.drop();
    else await leases.close();
  }
}

/** Tries that have failed since so many bytes came. */
class Tries {
  readonly #progress: number;
  #count = 0;
  #since = 0;

  constructor(progress: number) {
    this.#progress = progress;
  }

  /** Counts one that failed at this offset. */
  count(offset: number): number {
    if (offset - this.#since >= this.#progress) this.#count = 0;
    if (this.#count === 0) this.#since = offset;
    this.#count += 1;
    return this.#count;
  }
}
