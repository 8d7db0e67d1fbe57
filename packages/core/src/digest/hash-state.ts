import type { Hash } from "node:crypto";
import type { Lease } from "../bytes/lease.ts";
import { type Digest, hasherFor } from "./digest.ts";

/** A hash that goes on: here, or in a worker. Whoever has one drops it at the end. */
export interface HashState {
  /** Adds a piece, and gives it to hand on: where it is hashed elsewhere, it stays lent until that is done. */
  update(piece: Lease): Lease | Promise<Lease>;
  /** Another one that goes on from here, apart from this one. */
  copy(): HashState;
  /** The hash of what was added so far, in hex; it may go on. @throws {HashWorkerLost} */
  digest(): string | Promise<string>;
  drop(): void;
}

/** A hash on this thread. */
export function inlineHash(digest: Digest): HashState {
  return new InlineHash(hasherFor(digest));
}

class InlineHash implements HashState {
  readonly #hash: Hash;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  update(piece: Lease): Lease {
    this.#hash.update(piece.bytes);
    return piece;
  }

  copy(): HashState {
    return new InlineHash(this.#hash.copy());
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  drop(): void {}
}
