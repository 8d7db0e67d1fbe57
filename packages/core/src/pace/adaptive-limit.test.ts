import { describe, expect, it } from "vitest";
import { AdaptiveLimit, type Turn, type Verdict } from "./adaptive-limit.ts";

/** Takes so many turns, then ends them with one verdict. */
async function round(limit: AdaptiveLimit, count: number, verdict: Verdict): Promise<void> {
  const turns = await Promise.all(Array.from({ length: count }, () => limit.turn()));
  for (const turn of turns) end(turn, verdict);
}

function end(turn: Turn, verdict: Verdict): boolean {
  const counted = turn.judge(verdict);
  turn.end();
  return counted;
}

describe("AdaptiveLimit", () => {
  it("gives turns in order, as many at once as the limit", async () => {
    const limit = new AdaptiveLimit({ most: 2 });
    const order: number[] = [];
    const asking = [0, 1, 2, 3].map(async (n) => {
      const turn = await limit.turn();
      order.push(n);
      return turn;
    });
    const [first, second] = await Promise.all(asking.slice(0, 2));
    expect(order).toEqual([0, 1]);
    second?.end();
    await asking[2];
    first?.end();
    await asking[3];
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it("keeps to a cap that changes, and goes back to the limit after it", async () => {
    let cap: number | undefined = 1;
    const limit = new AdaptiveLimit({ most: 4, cap: () => cap });
    const begun: Turn[] = [];
    const asking = Array.from({ length: 4 }, async () => begun.push(await limit.turn()));
    await asking[0];
    expect([begun.length, limit.limit]).toEqual([1, 1]);
    cap = 2;
    begun[0]?.end();
    await Promise.all(asking.slice(1, 3));
    expect(begun).toHaveLength(3);
    cap = undefined;
    begun[1]?.end();
    await asking[3];
    expect([begun.length, limit.limit]).toEqual([4, 4]);
  });

  it("is halved by a refusal, and once for all that were under way together", async () => {
    const limit = new AdaptiveLimit({ most: 32 });
    const turns = await Promise.all(Array.from({ length: 32 }, () => limit.turn()));
    expect(turns.map((turn) => end(turn, "refused")).filter(Boolean)).toHaveLength(1);
    expect(limit.limit).toBe(16);
    await round(limit, 1, "refused");
    expect(limit.limit).toBe(8);
  });

  it("is never under 1", async () => {
    const limit = new AdaptiveLimit({ most: 3 });
    for (let n = 0; n < 5; n += 1) await round(limit, 1, "refused");
    expect(limit.limit).toBe(1);
  });

  it("grows by one after each clean round, and not over what the user set", async () => {
    const limit = new AdaptiveLimit({ most: 4, start: 2 });
    await round(limit, 1, "clean");
    expect(limit.limit).toBe(2);
    await round(limit, 1, "clean");
    expect(limit.limit).toBe(3);
    await round(limit, 3, "clean");
    expect(limit.limit).toBe(4);
    for (let n = 0; n < 5; n += 1) await round(limit, 4, "clean");
    expect(limit.limit).toBe(4);
  });

  it("begins a round anew after a refusal, and counts nothing for what says nothing", async () => {
    const limit = new AdaptiveLimit({ most: 4, start: 4 });
    await round(limit, 3, "clean");
    await round(limit, 1, "refused");
    await round(limit, 1, "clean");
    for (let n = 0; n < 5; n += 1) await round(limit, 1, "void");
    expect(limit.limit).toBe(2);
    await round(limit, 1, "clean");
    expect(limit.limit).toBe(3);
  });

  it("starts those who wait when it is raised, up to what the user set", async () => {
    const limit = new AdaptiveLimit({ most: 3, start: 1 });
    const asking = [limit.turn(), limit.turn(), limit.turn()];
    limit.raiseTo(100);
    expect(await Promise.all(asking)).toHaveLength(3);
    expect([limit.limit, limit.free]).toEqual([3, false]);
  });

  it("a turn that is ended twice is given once", async () => {
    const limit = new AdaptiveLimit({ most: 1 });
    const turn = await limit.turn();
    turn.end();
    turn.end();
    const next = await limit.turn();
    expect(limit.free).toBe(false);
    next.end();
  });

  it("who is aborted leaves the line with the signal's reason", async () => {
    const limit = new AdaptiveLimit({ most: 1 });
    const turn = await limit.turn();
    const controller = new AbortController();
    const reason = new Error("enough");
    const leaving = limit.turn(controller.signal);
    const staying = limit.turn();
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    turn.end();
    expect(await staying).toBeDefined();
    await expect(limit.turn(controller.signal)).rejects.toBe(reason);
  });
});
