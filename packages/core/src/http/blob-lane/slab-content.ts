import { type Lease, lentContent } from "../../content/lease.ts";
import type { Slab } from "./slab.ts";
import { processSlabs, type SlabPool } from "./slab-pool.ts";
import type { SlabShare } from "./slab-share.ts";

/** Where content in slabs comes from. */
export interface SlabSource {
  /** Writes bytes to the start of the memory, and gives how many; 0 at the end. Asked again when the former has settled. */
  fill(into: Uint8Array): Promise<number>;
  /** It is read no further: it has ended, failed, or nobody wants more. Called once. */
  close?(): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Content that is read into slabs of the process' budget and lent from there, so that nothing is allocated for a piece. Nothing is taken before it is read.
 * Memory: two slabs of 256 KiB to four of 1 MiB.
 * @throws (when it is read) what `fill` throws, and the signal's reason.
 */
export function slabContent(source: SlabSource): AsyncIterable<Uint8Array> {
  return slabContentOf(processSlabs, source);
}

/** As `slabContent`, with slabs of a pool. @internal */
export function slabContentOf(pool: SlabPool, source: SlabSource): AsyncIterable<Uint8Array> {
  let share: SlabShare | undefined;
  let isOver = false;
  let wake: (() => void) | undefined;

  async function take(): Promise<Slab | undefined> {
    share ??= await pool.open(source.signal);
    for (;;) {
      if (isOver) {
        share.close();
        return undefined;
      }
      const slab = share.take();
      if (slab !== undefined) return slab;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      share.onHome(resolve);
      await promise;
    }
  }

  async function close(): Promise<void> {
    if (isOver) return;
    isOver = true;
    wake?.();
    share?.close();
    await source.close?.();
  }

  async function filled(): Promise<Lease | undefined> {
    source.signal?.throwIfAborted();
    const slab = await take();
    if (slab === undefined) return undefined;
    let length = 0;
    try {
      length = await source.fill(slab.memory);
    } finally {
      if (length === 0 || isOver) slab.letGo();
    }
    return length === 0 || isOver ? undefined : slab.lend(0, length);
  }

  async function read(): Promise<Lease | undefined> {
    if (isOver) return undefined;
    let lease: Lease | undefined;
    try {
      lease = await filled();
      return lease;
    } finally {
      // Whoever has read to the end closes nothing.
      if (lease === undefined) await close();
    }
  }

  return lentContent({ read, close });
}
