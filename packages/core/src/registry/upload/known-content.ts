import type { Descriptor } from "../../content/descriptor.ts";
import { digestMismatch, sizeMismatch } from "../../content/verify.ts";
import type { Open } from "../../store/store.ts";
import { HashTrail, type RunningHash } from "./hash-trail.ts";
import { ContentFailure, type Outgoing, type OutgoingPart } from "./outgoing.ts";
import { Reading } from "./reading.ts";

/** How far the hash may lie behind the place where the content goes on, in bytes, where the registry checks the digest by itself. */
const FAR_BEHIND = 8 * 1024 * 1024;

export interface KnownContentOptions {
  /**
   * Whether the registry refuses a wrong digest: then content that goes on after an earlier process isn't read from its start, to hash it. Asked when it matters.
   */
  readonly isChecked: () => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Content whose size and digest are known, opened at any offset: THE place where it becomes the bodies of requests. Parts in order take one stream, without
 * opening it again; another order opens it where it goes on. What is read is hashed once, and the last piece is held back until size and digest match: else the
 * connection is destroyed. Memory: two pieces of the stream.
 */
export class KnownContent implements Outgoing {
  readonly descriptor: Descriptor;
  readonly #open: Open;
  readonly #options: KnownContentOptions;
  readonly #trail: HashTrail;
  #reading: HashedReading | undefined;

  constructor(descriptor: Descriptor, open: Open, options: KnownContentOptions) {
    this.descriptor = descriptor;
    this.#open = open;
    this.#options = options;
    this.#trail = new HashTrail(descriptor.digest);
  }

  async part(offset: number, length: number): Promise<KnownPart> {
    return this.partAt(offset, length);
  }

  /** As `part`, at once. */
  partAt(offset: number, length: number): KnownPart {
    const part = Math.min(length, this.descriptor.size - offset);
    const isLast = offset + part === this.descriptor.size;
    return new KnownPart({ offset, length: part, isLast }, () => this.#pieces(offset, offset + part));
  }

  async close(): Promise<void> {
    this.#reading?.close();
    this.#reading = undefined;
  }

  async *#pieces(offset: number, end: number): AsyncGenerator<Uint8Array, void, void> {
    const isLast = end === this.descriptor.size;
    const reading = await this.#readingAt(offset);
    let goesOn = false;
    try {
      let held: Uint8Array | undefined;
      while (reading.offset < end) {
        const piece = await reading.read(end - reading.offset);
        goesOn = !isLast && reading.offset === end;
        if (held !== undefined) yield held;
        if (isLast) held = piece;
        else yield piece;
      }
      if (isLast) await reading.finish();
      if (held !== undefined) yield held;
    } finally {
      if (!goesOn) this.#drop(reading);
    }
  }

  /** The stream where it stands, if that is the place; else it is opened anew, as far before it as it takes to have the hash. */
  async #readingAt(offset: number): Promise<HashedReading> {
    const current = this.#reading;
    if (current?.offset === offset) {
      current.mark();
      return current;
    }
    if (current !== undefined) this.#drop(current);
    const hash = this.#trail.before(offset);
    const unhashed = offset - hash.offset > FAR_BEHIND && this.#options.isChecked();
    const start = unhashed ? offset : hash.offset;
    const content = await this.#open(start, this.#options.signal);
    const reading = new HashedReading(content, start, this.descriptor, this.#trail, unhashed ? undefined : hash);
    this.#reading = reading;
    while (reading.offset < offset) await reading.read(offset - reading.offset);
    reading.mark();
    return reading;
  }

  #drop(reading: HashedReading): void {
    reading.close();
    if (this.#reading === reading) this.#reading = undefined;
  }
}

/** A part of content that is opened when its body is asked for. */
export class KnownPart implements OutgoingPart {
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  failure: ContentFailure | undefined;
  sent: number;
  readonly #pieces: () => AsyncIterable<Uint8Array>;

  constructor(
    { offset, length, isLast }: Pick<OutgoingPart, "offset" | "length" | "isLast">,
    pieces: () => AsyncIterable<Uint8Array>,
  ) {
    this.offset = offset;
    this.length = length;
    this.isLast = isLast;
    this.sent = offset;
    this.#pieces = pieces;
  }

  async *body(): AsyncGenerator<Uint8Array, void, void> {
    this.failure = undefined;
    let offset = this.offset;
    try {
      for await (const piece of this.#pieces()) {
        offset += piece.length;
        this.sent = Math.max(this.sent, offset);
        yield piece;
      }
    } catch (error) {
      this.failure = new ContentFailure(error);
      throw error;
    }
  }
}

/** A reading that hashes, where the hash of what is before it is known. */
class HashedReading extends Reading {
  readonly #descriptor: Descriptor;
  readonly #trail: HashTrail;
  readonly #hash: RunningHash | undefined;

  constructor(
    content: AsyncIterable<Uint8Array>,
    offset: number,
    descriptor: Descriptor,
    trail: HashTrail,
    hash: RunningHash | undefined,
  ) {
    super(content, offset);
    this.#descriptor = descriptor;
    this.#trail = trail;
    this.#hash = hash;
  }

  mark(): void {
    if (this.#hash !== undefined) this.#trail.mark(this.#hash);
  }

  override async read(length: number): Promise<Uint8Array> {
    const piece = await super.read(length);
    if (piece === undefined) {
      throw sizeMismatch(this.#descriptor, `${this.offset} of ${this.#descriptor.size} bytes came`);
    }
    if (this.#hash !== undefined) this.#trail.update(this.#hash, piece);
    return piece;
  }

  /** Makes sure that nothing more comes, and that what came was right. @throws {StoreError} SIZE_MISMATCH, DIGEST_MISMATCH. */
  async finish(): Promise<void> {
    const { digest, size } = this.#descriptor;
    if ((await super.read(1)) !== undefined) throw sizeMismatch(this.#descriptor, `more than ${size} bytes came`);
    if (this.#hash === undefined) return;
    const actual = this.#trail.digestOf(this.#hash);
    if (actual !== digest) throw digestMismatch(this.#descriptor, actual);
  }
}
