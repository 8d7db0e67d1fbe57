import type { Lease } from "../../../bytes/lease.ts";
import type { Descriptor } from "../../../content/descriptor.ts";
import { digestMismatch, sizeMismatch } from "../../../content/verify.ts";
import { algorithmOf, digestOf } from "../../../digest/digest.ts";
import { HashWorkerLost } from "../../../digest/hash-worker.ts";
import { StoreError } from "../../../errors/errors.ts";
import type { HashTrail, RunningHash } from "./hash-trail.ts";
import { Reading } from "./reading.ts";

/** What a reading goes on with. */
export interface HashedReadingInit {
  readonly descriptor: Descriptor;
  readonly trail: HashTrail;
  /** Of what is before it. */
  readonly hash: RunningHash | undefined;
  /** Reads all of it once more, where what was hashed is lost. @throws as `verified`. */
  readonly check: () => Promise<void>;
}

/** A reading that hashes, where the hash of what is before it is known. */
export class HashedReading extends Reading {
  readonly #descriptor: Descriptor;
  readonly #trail: HashTrail;
  readonly #hash: RunningHash | undefined;
  readonly #check: () => Promise<void>;
  #isClosed = false;
  #isFinished = false;

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

  /** @throws {StoreError} SIZE_MISMATCH; DIGEST_MISMATCH where an earlier reading gave other bytes up to here. */
  override async read(length: number): Promise<Lease> {
    const end = this.#hash && this.#trail.nextEnd(this.offset);
    const piece = await super.read(end === undefined ? length : Math.min(length, end - this.offset));
    if (piece === undefined) {
      throw sizeMismatch(this.#descriptor, `${this.offset} of ${this.#descriptor.size} bytes came`);
    }
    if (this.#hash === undefined) return piece;
    const handedOn = await this.#trail.update(this.#hash, piece);
    if (end === undefined || this.#hash.offset !== end) return handedOn;
    try {
      if (await this.#trail.matchesEnds(this.#hash)) return handedOn;
      throw new ReadOtherwise(this.#descriptor, end);
    } catch (error) {
      handedOn.release();
      throw error;
    }
  }

  override close(): void {
    super.close();
    this.#isClosed = true;
    if (this.#hash !== undefined && !this.#isFinished) this.#trail.ended(this.#hash);
    this.#hash?.hash?.drop();
  }

  /** Makes sure that nothing more comes, and that what came was right. @throws {StoreError} SIZE_MISMATCH, DIGEST_MISMATCH. */
  async finish(): Promise<void> {
    const { digest, size } = this.#descriptor;
    const more = await super.read(1);
    more?.release();
    if (more !== undefined) throw sizeMismatch(this.#descriptor, `more than ${size} bytes came`);
    this.#isFinished = true;
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

/** Content came out otherwise when a part of it was read again, and the registry has what came first. */
export class ReadOtherwise extends StoreError {
  constructor({ digest }: Descriptor, offset: number) {
    const detail = `its first ${offset} bytes are not those that came before`;
    super("DIGEST_MISMATCH", `Cannot read "${digest}": ${detail}`);
  }
}
