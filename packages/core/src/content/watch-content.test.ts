import { describe, expect, it } from "vitest";
import { type Lease, leasesOf, lentContent } from "./lease.ts";
import { watchContent } from "./watch-content.ts";

/** Content of leases that counts those that are out. */
function lent(...pieces: readonly number[]) {
  const rest = [...pieces];
  const count = { out: 0 };
  const content = lentContent({
    async read(): Promise<Lease | undefined> {
      const piece = rest.shift();
      if (piece === undefined) return undefined;
      count.out += 1;
      const bytes = Uint8Array.of(piece);
      const release = (): void => {
        count.out -= 1;
      };
      return { bytes, isOwn: false, release };
    },
    async close() {},
  });
  return { content, count };
}

describe("watchContent()", () => {
  it("shows each piece, and waits, before the next one has it; nothing is copied", async () => {
    const { content, count } = lent(1, 2);
    const order: string[] = [];
    const leases = leasesOf(
      watchContent(content, {
        async passing(bytes) {
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`shown ${bytes[0]}`);
        },
      }),
    );
    for (let lease = await leases.read(); lease !== undefined; lease = await leases.read()) {
      order.push(`read ${lease.bytes[0]}`);
      expect(lease.isOwn).toBe(false);
      lease.release();
    }
    expect(order).toEqual(["shown 1", "read 1", "shown 2", "read 2"]);
    expect(count.out).toBe(0);
  });

  it("lets go of a piece that was shown in vain", async () => {
    const { content, count } = lent(1);
    const full = new Error("the disk is full");
    const leases = leasesOf(watchContent(content, { passing: () => Promise.reject(full) }));
    await expect(leases.read()).rejects.toBe(full);
    expect(count.out).toBe(0);
  });
});
