import { afterAll, describe, expect, it, vi } from "vitest";
import { type Lease, ownLease } from "../bytes/lease.ts";
import { chooseHash, type HashSituation, paysToShare } from "./choose-hash.ts";
import { HashWorker } from "./hash-worker.ts";

/** A machine that has cores to spare, whatever runs beside this. */
vi.mock(import("node:os"), async (original) => ({
  ...(await original()),
  availableParallelism: () => 8,
  loadavg: () => [0.5, 0.5, 0.5],
}));

const GOOD: HashSituation = { size: 1 << 30, shared: true, blobs: 1, busy: false, cores: 2, load: 0.4 };

describe("paysToShare()", () => {
  it("has a thread hash a lone big blob where a core is idle", () => {
    expect(paysToShare(GOOD)).toBe(true);
    expect(paysToShare({ ...GOOD, blobs: 2 })).toBe(true);
    expect(paysToShare({ ...GOOD, cores: 8, load: 6.5 })).toBe(true);
  });

  it.each<[string, Partial<HashSituation>]>([
    ["a blob that is over before a thread has started", { size: 1 << 25 }],
    ["memory that no other thread sees", { shared: false }],
    ["many at once", { blobs: 3 }],
    ["a thread that hashes another one", { busy: true }],
    ["one core", { cores: 1, load: 0.1 }],
    ["a machine that is busy", { load: 1.2 }],
  ])("has it hashed here for %s", (_, other) => {
    expect(paysToShare({ ...GOOD, ...other })).toBe(false);
  });
});

describe("chooseHash()", () => {
  const BIG = { digest: `sha256:${"0".repeat(64)}`, size: 64 * 1024 * 1024 } as const;
  const shared: Lease = { bytes: Buffer.from(new SharedArrayBuffer(10)), isOwn: false, release() {} };

  const started = vi.spyOn(HashWorker.prototype, "start");
  afterAll(() => started.mockRestore());

  /** Where content is hashed that begins now. */
  function whereOf(first = shared, size: number = BIG.size): "thread" | "here" {
    started.mockClear();
    const chooser = chooseHash({ ...BIG, size });
    chooser.begin(first).drop();
    chooser.close();
    return started.mock.calls.length > 0 ? "thread" : "here";
  }

  it("takes the thread for a big blob in memory that it sees, and for no other", () => {
    expect(whereOf()).toBe("thread");
    expect(whereOf(ownLease(Buffer.alloc(10)))).toBe("here");
    expect(whereOf(shared, BIG.size - 1)).toBe("here");
  });

  it("takes it again once enough of many big blobs are over, each counted once", () => {
    const others = [chooseHash(BIG), chooseHash(BIG), chooseHash(BIG)];
    expect(whereOf()).toBe("here");
    for (const other of others.slice(1)) {
      other.close();
      other.close();
    }
    expect(whereOf()).toBe("thread");
    const more = chooseHash(BIG);
    expect(whereOf()).toBe("here");
    for (const other of [...others, more]) other.close();
    // More small ones count for nothing.
    const small = Array.from({ length: 10 }, () => chooseHash({ ...BIG, size: 1000 }));
    expect(whereOf()).toBe("thread");
    for (const other of small) other.close();
  });

  it("has one blob at a time hashed by the thread", () => {
    const chooser = chooseHash(BIG);
    const hash = chooser.begin(shared);
    expect(whereOf()).toBe("here");
    hash.drop();
    chooser.close();
    expect(whereOf()).toBe("thread");
  });
});
