import { availableParallelism, loadavg } from "node:os";
import type { Lease } from "../bytes/lease.ts";
import type { Digest } from "./digest.ts";
import { type HashState, inlineHash } from "./hash-state.ts";
import { HashWorker, isShared } from "./hash-worker.ts";

/** A thread takes some 30 ms to start. */
const WORTH_BYTES = 64 * 1024 * 1024;
/** Big blobs at the same time that leave this thread time to spare for none of them. */
const FEW = 2;

/** What the choice is made by. */
export interface HashSituation {
  /** Bytes of the content. */
  readonly size: number;
  /** Whether the first piece lies in memory that another thread sees. */
  readonly shared: boolean;
  /** Big blobs that are being hashed in this process, with this one. */
  readonly blobs: number;
  /** Whether the thread hashes another one. */
  readonly busy: boolean;
  readonly cores: number;
  /** Threads that wanted a core lately, of the whole machine. */
  readonly load: number;
}

/** Whether a thread of its own hashes content sooner: where few big blobs are on their way, and a core is idle. Else it costs CPU, and gains nothing. */
export function paysToShare({ size, shared, blobs, busy, cores, load }: HashSituation): boolean {
  return shared && size >= WORTH_BYTES && blobs <= FEW && !busy && load <= cores - 1;
}

/** The thread of this process. */
const processHashWorker = new HashWorker();
let hashing = 0;

/** How many big blobs are hashed is counted while one is open. */
export interface HashChooser {
  /** Begins the hash of the content with its first piece. */
  begin(first: Lease): HashState;
  close(): void;
}

/** Chooses for one content, when its first piece is there. Close it at the end. */
export function chooseHash({ digest, size }: { readonly digest: Digest; readonly size: number }): HashChooser {
  const isBig = size >= WORTH_BYTES;
  let open = isBig;
  if (isBig) hashing += 1;
  return {
    begin(first) {
      const [shared, busy] = [isShared(first.bytes), processHashWorker.hashes > 0];
      const [load = 0] = isBig ? loadavg() : [];
      const situation = { size, shared, busy, blobs: hashing, cores: availableParallelism(), load };
      return (paysToShare(situation) ? processHashWorker.start(digest) : undefined) ?? inlineHash(digest);
    },
    close() {
      if (open) hashing -= 1;
      open = false;
    },
  };
}
