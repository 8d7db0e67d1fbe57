import { DigestMismatchError, StoreError } from "../errors.ts";
import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, type Digest, digestOf, hasherFor } from "./digest.ts";

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
  const source = content[Symbol.asyncIterator]();
  const pieces = checked({ [Symbol.asyncIterator]: () => source }, descriptor, place);
  let started = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      started = true;
      return pieces.next();
    },
    async return() {
      // A generator that never ran ends without a word to its source, and an answer's body would hold its connection.
      if (!started) await source.return?.();
      started = true;
      return pieces.return();
    },
  };
}

async function* checked(
  content: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  place: string | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = hasherFor(descriptor.digest);
  let held: Uint8Array | undefined;
  let size = 0;
  for await (const piece of content) {
    if (piece.length === 0) continue;
    size += piece.length;
    if (size > descriptor.size) throw sizeMismatch(descriptor, `more than ${descriptor.size} bytes came`, place);
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (size !== descriptor.size) throw sizeMismatch(descriptor, `${size} of ${descriptor.size} bytes came`, place);
  checkDigest(`${algorithmOf(descriptor.digest)}:${hash.digest("hex")}`, descriptor, place);
  if (held !== undefined) yield held;
}

/** Checks content that is in memory. @throws {StoreError} SIZE_MISMATCH. @throws {DigestMismatchError} */
export function verifyBytes(bytes: Uint8Array, descriptor: Descriptor): void {
  if (bytes.length !== descriptor.size) {
    throw sizeMismatch(descriptor, `${bytes.length} bytes came instead of ${descriptor.size}`);
  }
  checkDigest(digestOf(bytes, algorithmOf(descriptor.digest)), descriptor);
}

/** Reads small content whole, verified. Memory: what came, twice; `descriptor.size` bounds it, so check that first where it came from outside. */
export async function readVerified(content: AsyncIterable<Uint8Array>, descriptor: Descriptor): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of verified(content, descriptor)) pieces.push(piece);
  // No Buffer.concat: its small results share one pool, so the caller would not own the memory.
  const whole = new Uint8Array(descriptor.size);
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
