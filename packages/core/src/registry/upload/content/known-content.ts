import type { Descriptor } from "../../../content/descriptor.ts";
import { checkContent } from "../../../content/verify.ts";
import { chooseHash, type HashChooser } from "../../../digest/choose-hash.ts";
import type { Open } from "../../../store/store.ts";
import { HashTrail } from "./hash-trail.ts";
import { HashedReading } from "./hashed-reading.ts";
import { KnownPart, type Readings } from "./known-part.ts";
import type { Outgoing } from "./outgoing.ts";

/** How far the hash may lie behind the place where the content goes on, in bytes, where the registry checks the digest by itself. */
const FAR_BEHIND = 8 * 1024 * 1024;

export interface KnownContentOptions {
  /**
   * Whether the registry refuses a wrong digest: then content that goes on after an earlier process isn't read from its start, to hash it. Asked when it matters.
   */
  readonly isChecked: () => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Where it is hashed. Default: as `chooseHash` finds. */
  readonly hashing?: HashChooser | undefined;
}

/**
 * Content whose size and digest are known, opened at any offset: THE place where it becomes the bodies of requests. Parts in order take one stream, without
 * opening it again; another order opens it where it goes on. What is read is hashed once, and the last piece is held back until size and digest match: else the
 * connection is destroyed. Memory: a piece of the stream.
 */
export class KnownContent implements Outgoing, Readings {
  readonly descriptor: Descriptor;
  readonly #open: Open;
  readonly #options: KnownContentOptions;
  readonly #hashing: HashChooser;
  readonly #trail: HashTrail;
  #reading: HashedReading | undefined;

  constructor(descriptor: Descriptor, open: Open, options: KnownContentOptions) {
    this.descriptor = descriptor;
    this.#open = open;
    this.#options = options;
    this.#hashing = options.hashing ?? chooseHash(descriptor);
    this.#trail = new HashTrail(descriptor.digest, (first) => this.#hashing.begin(first));
  }

  async part(offset: number, length: number): Promise<KnownPart> {
    return this.partAt(offset, length);
  }

  /** As `part`, at once. */
  partAt(offset: number, length: number): KnownPart {
    const part = Math.min(length, this.descriptor.size - offset);
    const isLast = offset + part === this.descriptor.size;
    return new KnownPart({ offset, length: part, isLast }, this);
  }

  rest(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    // It is not hashed twice.
    reading.mark();
    this.drop(reading);
  }

  async close(): Promise<void> {
    this.#reading?.close();
    this.#reading = undefined;
    this.#trail.close();
    this.#hashing.close();
  }

  /** The stream where it stands, if that is the place; else it is opened anew, as far before it as it takes to have the hash. */
  async readingAt(offset: number): Promise<HashedReading> {
    const current = this.#reading;
    if (current?.offset === offset) {
      current.mark();
      return current;
    }
    if (current !== undefined) this.drop(current);
    // What was sent before is of no use any more.
    if (offset === 0) this.#trail.close();
    const hash = this.#trail.before(offset);
    const unhashed = offset - hash.offset > FAR_BEHIND && this.#options.isChecked();
    const start = unhashed ? offset : hash.offset;
    if (unhashed) hash.hash?.drop();
    const content = await this.#open(start, this.#options.signal);
    const reading = new HashedReading(content, start, {
      descriptor: this.descriptor,
      trail: this.#trail,
      hash: unhashed ? undefined : hash,
      check: async () => checkContent(await this.#open(0, this.#options.signal), this.descriptor),
    });
    this.#reading = reading;
    while (reading.offset < offset) (await reading.read(offset - reading.offset)).release();
    reading.mark();
    return reading;
  }

  /** Closes a stream that doesn't go on. */
  drop(reading: HashedReading): void {
    reading.close();
    if (this.#reading === reading) this.#reading = undefined;
  }
}
