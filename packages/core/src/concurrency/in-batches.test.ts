import { describe, expect, it } from "vitest";
import { inBatches } from "./in-batches.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("inBatches()", () => {
  it("gives results in the order of the items, with no more at once than said", async () => {
    let running = 0;
    let most = 0;
    const results = inBatches([5, 4, 3, 2, 1], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns < item; turns += 1) await turn();
      running -= 1;
      return item * 10;
    });
    expect(await Array.fromAsync(results)).toEqual([50, 40, 30, 20, 10]);
    expect(most).toBe(2);
  });

  it("throws a failure when nothing of its batch runs any more, and begins no further one", async () => {
    const ended: number[] = [];
    const results = inBatches([1, 2, 3], 2, async (item) => {
      if (item === 1) throw new Error("broken");
      await turn();
      ended.push(item);
      return item;
    });
    await expect(Array.fromAsync(results)).rejects.toThrow("broken");
    expect(ended).toEqual([2]);
  });
});
