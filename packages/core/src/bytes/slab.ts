import type { Lease } from "./lease.ts";

/** A piece of memory that many leases share. It goes back to where it came from when the last of those who hold it lets go. */
export class Slab {
  readonly memory: Buffer;
  readonly #goHome: () => void;
  /** Who took it holds it first. */
  #holders = 1;

  constructor(memory: Buffer, goHome: () => void) {
    this.memory = memory;
    this.#goHome = goHome;
  }

  /** Bytes. */
  get size(): number {
    return this.memory.length;
  }

  hold(): void {
    this.#holders += 1;
  }

  /** @throws {Error} where nobody holds it: its memory may be another transfer's by now. */
  letGo(): void {
    if (this.#holders === 0) throw new Error("A slab was released twice");
    this.#holders -= 1;
    if (this.#holders === 0) this.#goHome();
  }

  /** The bytes from `start` to before `end`, held by one who holds the slab already; the lease's release lets go for it. */
  lend(start: number, end: number): Lease {
    let lent = true;
    return {
      bytes: this.memory.subarray(start, end),
      isOwn: false,
      release: () => {
        if (!lent) return;
        lent = false;
        this.letGo();
      },
    };
  }
}
