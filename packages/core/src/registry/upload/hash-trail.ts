import type { Hash } from "node:crypto";
import { algorithmOf, type Digest, hasherFor } from "../../content/digest.ts";

/** Bytes between two marks. */
const SPACING = 1024 * 1024;
/** More than sockets and proxies hold of what was sent; each is a few hundred bytes. */
const MAX_MARKS = 64;

/** The hash of the content before `offset`, which goes on with what follows. */
export interface RunningHash {
  offset: number;
  readonly hash: Hash;
}

/**
 * The hash of content that is sent in order, with marks behind it: after a break it goes on from the mark before the place where the registry stopped,
 * and what lies between is all that is read twice. Memory: 64 marks.
 */
export class HashTrail {
  readonly #digest: Digest;
  readonly #marks: RunningHash[] = [];

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  /** The hash of as much as is known of the content before `offset`: of nothing where it was not read yet. */
  before(offset: number): RunningHash {
    const mark = this.#marks.findLast((known) => known.offset <= offset);
    return mark === undefined
      ? { offset: 0, hash: hasherFor(this.#digest) }
      : { offset: mark.offset, hash: mark.hash.copy() };
  }

  /** Adds what follows, and leaves a mark now and then. */
  update(running: RunningHash, bytes: Uint8Array): void {
    running.hash.update(bytes);
    running.offset += bytes.length;
    if (running.offset - (this.#marks.at(-1)?.offset ?? 0) >= SPACING) this.mark(running);
  }

  /** Leaves a mark here, where a part begins. */
  mark({ offset, hash }: RunningHash): void {
    if (offset === 0 || this.#marks.some((known) => known.offset === offset)) return;
    this.#marks.push({ offset, hash: hash.copy() });
    this.#marks.sort((one, other) => one.offset - other.offset);
    if (this.#marks.length > MAX_MARKS) this.#marks.shift();
  }

  /** The digest of everything up to the running hash, which stays usable. */
  digestOf({ hash }: RunningHash): Digest {
    return `${algorithmOf(this.#digest)}:${hash.copy().digest("hex")}`;
  }
}
