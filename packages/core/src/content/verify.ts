import type { Hash } from "node:crypto";
import { type Lease, type LeaseReader, leasesOf, lentContent } from "../bytes/lease.ts";
import { algorithmOf, type Digest, digestOf, hasherFor } from "../digest/digest.ts";
import { DigestMismatchError, StoreError } from "../errors/errors.ts";
import { type Descriptor, hasSize, UNKNOWN_SIZE } from "./descriptor.ts";
import { MAX_MANIFEST_BYTES } from "./manifest.ts";
import { isManifestMediaType } from "./media-types.ts";

/**
 * Passes the content on while hashing it, and holds the last piece back until size and digest match, so that a consumer that only
 * commits at the end never commits wrong bytes. Memory: one piece.
 *
 * A piece belongs to the consumer once it has it: it was hashed before, and isn't touched again. The source must not write to a piece that it gave.
 * Ending early (`return`, as `break` does), also before the first piece, ends the source.
 * @param place Where the content is, for messages: `r.example/app`.
 * @throws {StoreError} SIZE_MISMATCH as soon as it is too long or when it ends too early.
 * @throws {DigestMismatchError} at the end.
 */
export function verified(
  content: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  place?: string,
): AsyncIterableIterator<Uint8Array, void, void> {
  return lentContent(new VerifiedLeases(leasesOf(content), descriptor, place));
}

/** Reads content to its end, and throws it away. Memory: one piece. @throws as `verified`. */
export async function checkContent(content: AsyncIterable<Uint8Array>, descriptor: Descriptor): Promise<void> {
  const leases = new VerifiedLeases(leasesOf(content), descriptor);
  for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) lease.release();
}

class VerifiedLeases implements LeaseReader {
  readonly #source: LeaseReader;
  readonly #descriptor: Descriptor;
  readonly #place: string | undefined;
  readonly #hash: Hash;
  #held: Lease | undefined;
  #size = 0;
  #over = false;

  constructor(source: LeaseReader, descriptor: Descriptor, place?: string) {
    this.#source = source;
    this.#descriptor = descriptor;
    this.#place = place;
    this.#hash = hasherFor(descriptor.digest);
  }

  async read(): Promise<Lease | undefined> {
    try {
      while (!this.#over) {
        const lease = await this.#source.read();
        if (this.#over) lease?.release();
        else if (lease === undefined) return this.#finish();
        else if (lease.bytes.length === 0) lease.release();
        else {
          const held = this.#hold(lease);
          if (held !== undefined) return held;
        }
      }
      return undefined;
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
    await this.#source.close();
  }

  /** Takes a piece, and gives the one before it. */
  #hold(lease: Lease): Lease | undefined {
    const held = this.#held;
    this.#held = lease;
    this.#size += lease.bytes.length;
    const { size } = this.#descriptor;
    if (this.#size > size && size !== UNKNOWN_SIZE) {
      held?.release();
      throw sizeMismatch(this.#descriptor, `more than ${size} bytes came`, this.#place);
    }
    this.#hash.update(lease.bytes);
    return held;
  }

  #finish(): Lease | undefined {
    this.#over = true;
    const { digest, size } = this.#descriptor;
    if (!hasSize(this.#descriptor, this.#size))
      throw sizeMismatch(this.#descriptor, `${this.#size} of ${size} bytes came`, this.#place);
    checkDigest(`${algorithmOf(digest)}:${this.#hash.digest("hex")}`, this.#descriptor, this.#place);
    const last = this.#held;
    this.#held = undefined;
    return last;
  }
}

/** Checks content that is in memory. @throws {StoreError} SIZE_MISMATCH. @throws {DigestMismatchError} */
export function verifyBytes(bytes: Uint8Array, descriptor: Descriptor): void {
  if (!hasSize(descriptor, bytes.length)) {
    throw sizeMismatch(descriptor, `${bytes.length} bytes came instead of ${descriptor.size}`);
  }
  checkDigest(digestOf(bytes, algorithmOf(descriptor.digest)), descriptor);
}

/**
 * Reads small content whole, verified. Of a manifest, and of content whose size is not stated, the digest
 * decides: indexes with a wrong size of an entry are about, and every engine reads them.
 * @throws as `verified`. Memory: `descriptor.size` bytes, so check that first where it came from outside; 4 MiB at most where the digest decides.
 */
export async function readVerified(content: AsyncIterable<Uint8Array>, descriptor: Descriptor): Promise<Uint8Array> {
  const isExact = descriptor.size !== UNKNOWN_SIZE && !isManifestMediaType(descriptor.mediaType);
  const limit = isExact ? descriptor.size : MAX_MANIFEST_BYTES;
  const whole = await readUpTo(content, limit);
  if (whole === undefined) throw sizeMismatch(descriptor, `more than ${limit} bytes came`);
  if (isExact && whole.length !== limit) throw sizeMismatch(descriptor, `${whole.length} of ${limit} bytes came`);
  const actual = digestOf(whole, algorithmOf(descriptor.digest));
  if (actual === descriptor.digest) return whole;
  // Cut short more likely than wrong.
  if (!hasSize(descriptor, whole.length))
    throw sizeMismatch(descriptor, `${whole.length} of ${descriptor.size} bytes came`);
  throw digestMismatch(descriptor, actual);
}

/** Undefined where more comes. */
async function readUpTo(content: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | undefined> {
  const leases = leasesOf(content);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) {
    const { bytes } = lease;
    length += bytes.length;
    if (length <= limit) pieces.push(new Uint8Array(bytes));
    lease.release();
    if (length <= limit) continue;
    await leases.close();
    return undefined;
  }
  // No Buffer.concat: its small results share one pool, so the caller would not own the memory.
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function checkDigest(digest: Digest, descriptor: Descriptor, place?: string): void {
  if (digest !== descriptor.digest) throw digestMismatch(descriptor, digest, place);
}

/** The error for content of the right size that hashes to another digest. */
export function digestMismatch(descriptor: Descriptor, actual: Digest, place?: string): DigestMismatchError {
  return new DigestMismatchError(
    `${action(descriptor, place)}: the ${descriptor.size} bytes that came hash to "${actual}"`,
    { expected: descriptor.digest, actual },
  );
}

/** The error for content that is longer or shorter than it should be. */
export function sizeMismatch(descriptor: Descriptor, detail: string, place?: string): StoreError {
  return new StoreError("SIZE_MISMATCH", `${action(descriptor, place)}: ${detail}`);
}

function action({ digest }: Descriptor, place: string | undefined): string {
  return `Cannot read "${digest}"${place === undefined ? "" : ` of "${place}"`}`;
}
