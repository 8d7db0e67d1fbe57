import type { Lease } from "../../../bytes/lease.ts";
import { algorithmOf, type Digest } from "../../../digest/digest.ts";
import type { HashState } from "../../../digest/hash-state.ts";

/** Bytes between two marks. */
const SPACING = 1024 * 1024;
/** More than sockets and proxies hold of what was sent; each is a few hundred bytes. */
const MAX_MARKS = 64;

/** The hash of the content before `offset`, which goes on with what follows. */
export interface RunningHash {
  offset: number;
  /** Undefined until the first piece of the content is there. */
  hash: HashState | undefined;
}

interface Mark {
  readonly offset: number;
  readonly hash: HashState;
}

/**
 * The hash of content that is sent in order, with marks behind it: after a break it goes on from the mark before the place where the registry stopped,
 * and what lies between is all that is read twice. What is read twice may come out otherwise, and the registry has what came first: so a reading that comes by the
 * place where an earlier one ended has to have the same hash there. Memory: 64 marks, and one for each break.
 */
export class HashTrail {
  readonly #digest: Digest;
  readonly #begin: (first: Lease) => HashState;
  readonly #marks: Mark[] = [];
  /** Where readings were dropped, with the hashes of what they had read. */
  readonly #ends: Mark[] = [];

  /** @param begin begins a hash of nothing; it is given the first piece that will be added to it. */
  constructor(digest: Digest, begin: (first: Lease) => HashState) {
    this.#digest = digest;
    this.#begin = begin;
  }

  /** The hash of as much as is known of the content before `offset`: of nothing where it was not read yet. Drop it at the end. */
  before(offset: number): RunningHash {
    const mark = this.#marks.findLast((known) => known.offset <= offset);
    return { offset: mark?.offset ?? 0, hash: mark?.hash.copy() };
  }

  /** Adds what follows, and leaves a mark now and then. Gives the piece to hand on. */
  async update(running: RunningHash, piece: Lease): Promise<Lease> {
    running.hash ??= this.#begin(piece);
    const { length } = piece.bytes;
    const handedOn = await running.hash.update(piece);
    running.offset += length;
    if (running.offset - (this.#marks.at(-1)?.offset ?? 0) >= SPACING) this.mark(running);
    return handedOn;
  }

  /** Leaves a mark here, where a part begins. */
  mark({ offset, hash }: RunningHash): void {
    if (hash === undefined || this.#marks.some((known) => known.offset === offset)) return;
    this.#marks.push({ offset, hash: hash.copy() });
    this.#marks.sort((one, other) => one.offset - other.offset);
    if (this.#marks.length > MAX_MARKS) this.#marks.shift()?.hash.drop();
  }

  /** Notes where a reading is dropped: a later one that comes by is compared with it. */
  ended({ offset, hash }: RunningHash): void {
    if (hash !== undefined && offset > 0) this.#ends.push({ offset, hash: hash.copy() });
  }

  /** The next place after this one where a reading was dropped; undefined where there is none. */
  nextEnd(offset: number): number | undefined {
    if (this.#ends.length === 0) return undefined;
    const ahead = this.#ends.map((end) => end.offset).filter((end) => end > offset);
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  /** Whether what was read up to here is what the readings that ended here have read. Those that were compared are forgotten. @throws {HashWorkerLost} */
  async matchesEnds({ offset, hash }: RunningHash): Promise<boolean> {
    if (hash === undefined) return true;
    const here = this.#ends.filter((end) => end.offset === offset);
    for (const end of here) {
      const isSame = (await end.hash.digest()) === (await hash.digest());
      this.#ends.splice(this.#ends.indexOf(end), 1);
      end.hash.drop();
      if (!isSame) return false;
    }
    return true;
  }

  /** The digest of everything up to the running hash, which stays usable. Undefined of nothing. @throws {HashWorkerLost} */
  async digestOf({ hash }: RunningHash): Promise<Digest | undefined> {
    return hash === undefined ? undefined : `${algorithmOf(this.#digest)}:${await hash.digest()}`;
  }

  /** Lets all of it go. What is read from its start anew is compared with nothing. */
  close(): void {
    for (const { hash } of [...this.#marks.splice(0), ...this.#ends.splice(0)]) hash.drop();
  }
}
