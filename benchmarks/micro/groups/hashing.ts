import { createHash, randomBytes } from "node:crypto";
import type { Group } from "../group.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const BYTES = randomBytes(MIB);
const SHARED = Buffer.from(new SharedArrayBuffer(MIB));
BYTES.copy(SHARED);

/** Half of what a big blob costs. A mark is a copy of the state, for going on there after a break. */
export const hashing: Group = {
  name: "hashing",
  title: "Hashing of 1 MiB",
  cases: {
    "sha256 at once": { run: () => createHash("sha256").update(BYTES).digest(), bytes: MIB },
    "sha256 in reads of 64 KiB": { run: () => inReads("sha256"), bytes: MIB },
    "sha256 of shared memory": { run: () => createHash("sha256").update(SHARED).digest(), bytes: MIB },
    "sha256 with a mark": { run: () => createHash("sha256").update(BYTES).copy().digest(), bytes: MIB },
    "sha512 at once": { run: () => createHash("sha512").update(BYTES).digest(), bytes: MIB },
  },
};

function inReads(algorithm: string): unknown {
  const hash = createHash(algorithm);
  for (let at = 0; at < MIB; at += 64 * KIB) hash.update(BYTES.subarray(at, at + 64 * KIB));
  return hash.digest();
}
