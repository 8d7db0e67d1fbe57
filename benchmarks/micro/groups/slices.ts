import { ownLease, splitLease } from "../../../packages/core/src/bytes/lease.ts";
import { Slab } from "../../../packages/core/src/bytes/slab.ts";
import { SlabPool } from "../../../packages/core/src/bytes/slab-pool.ts";
import type { Group } from "../group.ts";

const KIB = 1024;
const READ = 64 * KIB;
const MIB = 1024 * KIB;
const SLAB = new Slab(Buffer.alloc(MIB), () => {});
const SHARE = await new SlabPool().open();

/** What it costs to hand on the bytes of one read, against new memory for them: why the blob lane has slabs. */
export const slices: Group = {
  name: "slices",
  title: "A read of 64 KiB handed on",
  cases: {
    "lent out of a slab, and released": {
      run: () => {
        SLAB.hold();
        SLAB.lend(0, READ).release();
      },
    },
    "new memory for it, as sockets do": { run: () => Buffer.allocUnsafeSlow(READ) },
    "copied, as who iterates gets it": { run: () => new Uint8Array(SLAB.memory.subarray(0, READ)), bytes: READ },
    "a lease split in two": {
      run: () => {
        for (const part of splitLease(ownLease(SLAB.memory), READ)) part.release();
      },
    },
    "a slab of 1 MiB taken and brought home": { run: () => SHARE.take()?.letGo() },
  },
};
