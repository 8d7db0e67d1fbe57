import type { Descriptor } from "../../content/descriptor.ts";
import { algorithmOf, digestOf } from "../../content/digest.ts";
import { chooseHash, type HashChooser } from "../../content/hash/choose-hash.ts";
import { HashWorkerLost } from "../../content/hash/hash-worker.ts";
import { type Lease, type LeaseReader, lentContent } from "../../content/lease.ts";
import { checkContent, digestMismatch, sizeMismatch } from "../../content/verify.ts";
import { watchContent } from "../../content/watch-content.ts";
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
  /** Where it is hashed. Default: as `chooseHash` finds. */
  readonly hashing?: HashChooser | undefined;
}

/**
 * Content whose size and digest are known, opened at any offset: THE place where it becomes the bodies of requests. Parts in order take one stream, without
 * opening it again; another order opens it where it goes on. What is read is hashed once, and the last piece is held back until size and digest match: else the
 * connection is destroyed. Memory: a piece of the stream.
 */
export class KnownContent implements Outgoing {
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
    const range: PartRange = { offset, length: part, isLast };
    return new KnownPart(range, () => new PartReader(this, range));
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

type PartRange = Pick<OutgoingPart, "offset" | "length" | "isLast">;

/** Reads the bytes of one part; of the last one, the end is held back until it is known to be right. */
class PartReader implements LeaseReader {
  readonly #content: KnownContent;
  readonly #range: PartRange;
  #reading: HashedReading | undefined;
  #held: Lease | undefined;
  #over = false;

  constructor(content: KnownContent, range: PartRange) {
    this.#content = content;
    this.#range = range;
  }

  async read(): Promise<Lease | undefined> {
    const { offset, length, isLast } = this.#range;
    try {
      if (this.#over) return undefined;
      const reading = this.#reading ?? (await this.#content.readingAt(offset));
      this.#reading = reading;
      const end = offset + length;
      while (!this.#over && reading.offset < end) {
        const piece = await reading.read(end - reading.offset);
        if (this.#over) piece.release();
        else if (isLast && reading.offset === end) this.#held = piece;
        else return piece;
      }
      if (this.#over) {
        this.#content.drop(reading);
        return undefined;
      }
      if (isLast) await reading.finish();
      this.#over = true;
      if (isLast) this.#content.drop(reading);
      const last = this.#held;
      this.#held = undefined;
      return last;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#held?.release();
    this.#held = undefined;
    if (this.#over) return;
    this.#over = true;
    const reading = this.#reading;
    const { offset, length, isLast } = this.#range;
    // The next part goes on where this one ended.
    if (reading !== undefined && (isLast || reading.offset < offset + length)) this.#content.drop(reading);
  }
}

/** A part of content that is opened when its body is asked for. */
export class KnownPart implements OutgoingPart {
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  failure: ContentFailure | undefined;
  sent: number;
  readonly #read: () => LeaseReader;

  constructor({ offset, length, isLast }: PartRange, read: () => LeaseReader) {
    this.offset = offset;
    this.length = length;
    this.isLast = isLast;
    this.sent = offset;
    this.#read = read;
  }

  body(): AsyncIterable<Uint8Array> {
    this.failure = undefined;
    let offset = this.offset;
    return watchContent(lentContent(this.#read()), {
      received: (length) => {
        offset += length;
        this.sent = Math.max(this.sent, offset);
      },
      failed: (error) => {
        this.failure = new ContentFailure(error);
        return error;
      },
    });
  }
}

interface HashedReadingInit {
  readonly descriptor: Descriptor;
  readonly trail: HashTrail;
  /** Of what is before it. */
  readonly hash: RunningHash | undefined;
  /** Reads all of it once more, where what was hashed is lost. @throws as `verified`. */
  readonly check: () => Promise<void>;
}

/** A reading that hashes, where the hash of what is before it is known. */
class HashedReading extends Reading {
  readonly #descriptor: Descriptor;
  readonly #trail: HashTrail;
  readonly #hash: RunningHash | undefined;
  readonly #check: () => Promise<void>;
  #isClosed = false;

  constructor(content: AsyncIterable<Uint8Array>, offset: number, init: HashedReadingInit) {
    super(content, offset);
    this.#descriptor = init.descriptor;
    this.#trail = init.trail;
    this.#hash = init.hash;
    this.#check = init.check;
  }

  mark(): void {
    if (this.#hash !== undefined) this.#trail.mark(this.#hash);
  }

  override async read(length: number): Promise<Lease> {
    const piece = await super.read(length);
    if (piece === undefined) {
      throw sizeMismatch(this.#descriptor, `${this.offset} of ${this.#descriptor.size} bytes came`);
    }
    return this.#hash === undefined ? piece : this.#trail.update(this.#hash, piece);
  }

  override close(): void {
    super.close();
    this.#isClosed = true;
    this.#hash?.hash?.drop();
  }

  /** Makes sure that nothing more comes, and that what came was right. @throws {StoreError} SIZE_MISMATCH, DIGEST_MISMATCH. */
  async finish(): Promise<void> {
    const { digest, size } = this.#descriptor;
    const more = await super.read(1);
    more?.release();
    if (more !== undefined) throw sizeMismatch(this.#descriptor, `more than ${size} bytes came`);
    if (this.#hash === undefined) return;
    try {
      const actual = (await this.#trail.digestOf(this.#hash)) ?? digestOf(new Uint8Array(), algorithmOf(digest));
      if (actual !== digest) throw digestMismatch(this.#descriptor, actual);
    } catch (error) {
      if (this.#isClosed || !(error instanceof HashWorkerLost)) throw error;
      await this.#check();
    }
  }
}
