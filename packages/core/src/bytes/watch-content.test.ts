import { describe, expect, it } from "vitest";
import { eachPiece } from "./each-piece.ts";
import { type Lease, leasesOf, lentContent } from "./lease.ts";
import { watchContent } from "./watch-content.ts";

/** Content of leases that counts those that are out. */
function lent(...pieces: readonly number[]) {
  const rest = [...pieces];
  const count = { out: 0, left: pieces.length, closed: false };
  const content = lentContent({
    async read(): Promise<Lease | undefined> {
      const piece = rest.shift();
      if (piece === undefined) return undefined;
      count.out += 1;
      count.left = rest.length;
      const bytes = Uint8Array.of(piece);
      const release = (): void => {
        count.out -= 1;
      };
      return { bytes, isOwn: false, release };
    },
    async close() {
      count.closed = true;
    },
  });
  return { content, count };
}

it("watchContent() tells of each piece, and lends it on", async () => {
  const { content, count } = lent(1, 2);
  const lengths: number[] = [];
  const leases = leasesOf(watchContent(content, { received: (length) => lengths.push(length) }));
  for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) {
    expect(lease.isOwn).toBe(false);
    lease.release();
  }
  expect(lengths).toEqual([1, 1]);
  expect(count.out).toBe(0);
});

describe("eachPiece()", () => {
  it("lends one piece after the other, and waits for what is done with it", async () => {
    const { content, count } = lent(1, 2);
    const seen: unknown[] = [];
    await eachPiece(content, async (bytes) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push([bytes[0], count.out]);
      return true;
    });
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(count.out).toBe(0);
  });

  it("lets go of what it has where no more is wanted, and where it is not taken", async () => {
    const stopped = lent(1, 2);
    await eachPiece(stopped.content, async () => false);
    const full = new Error("the disk is full");
    const broken = lent(1, 2);
    await expect(eachPiece(broken.content, () => Promise.reject(full))).rejects.toBe(full);
    expect([stopped.count, broken.count]).toEqual([
      { out: 0, left: 1, closed: true },
      { out: 0, left: 1, closed: true },
    ]);
  });
});
