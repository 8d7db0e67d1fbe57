import { StoreError } from "../errors.ts";
import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, type Digest, hasherFor } from "./digest.ts";

/**
 * Passes the content on while hashing it, and holds the last piece back until size and digest match, so that a consumer that only
 * commits at the end never commits wrong bytes. Memory: one piece.
 * @throws {StoreError} SIZE_MISMATCH as soon as it is too long or when it ends too early, DIGEST_MISMATCH at the end.
 */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = hasherFor(descriptor.digest);
  let held: Uint8Array | undefined;
  let size = 0;
  for await (const piece of content) {
    if (piece.length === 0) continue;
    size += piece.length;
    if (size > descriptor.size) throw sizeMismatch(descriptor, `more than ${descriptor.size} bytes came`);
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (size !== descriptor.size) throw sizeMismatch(descriptor, `${size} of ${descriptor.size} bytes came`);
  const digest: Digest = `${algorithmOf(descriptor.digest)}:${hash.digest("hex")}`;
  if (digest !== descriptor.digest) {
    throw new StoreError(
      "DIGEST_MISMATCH",
      `Cannot read "${descriptor.digest}": the ${size} bytes that came hash to ${digest}`,
    );
  }
  if (held !== undefined) yield held;
}

function sizeMismatch(descriptor: Descriptor, detail: string): StoreError {
  return new StoreError("SIZE_MISMATCH", `Cannot read "${descriptor.digest}": ${detail}`);
}

/** Reads small content whole, verified. `descriptor.size` bounds the memory. */
export async function readVerified(content: AsyncIterable<Uint8Array>, descriptor: Descriptor): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of verified(content, descriptor)) pieces.push(piece);
  return Buffer.concat(pieces);
}
