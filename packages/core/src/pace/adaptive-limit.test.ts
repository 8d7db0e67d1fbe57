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

  it("is doubled while the median of four answers is over 10 ms, up to what the user set", async () => {
    let now = 0;
    const limit = new AdaptiveLimit({ most: 30, start: 8, now: () => now });
    const answers = async (...times: readonly number[]): Promise<number> => {
      for (const ms of times) {
        const turn = await limit.turn();
        now += ms;
        end(turn, "clean");
      }
      return limit.limit;
    };
    expect(await answers(40, 40, 40)).toBe(8);
    expect(await answers(40)).toBe(16);
    expect(await answers(10, 10, 90, 90)).toBe(16);
    expect(await answers(0, 11, 11, 11)).toBe(30);
    expect(await answers(40, 40, 40, 40)).toBe(30);
  });

  it("stays where it begins while answers are quick, however many there are", async () => {
    const limit = new AdaptiveLimit({ most: 32, start: 8 });
    for (let n = 0; n < 20; n += 1) await round(limit, 8, "clean");
    expect(limit.limit).toBe(8);
  });

  it("grows by one after each clean round once it was halved, to where it was", async () => {
    const limit = new AdaptiveLimit({ most: 32, start: 4 });
    await round(limit, 1, "refused");
    await round(limit, 1, "clean");
    expect(limit.limit).toBe(2);
    await round(limit, 1, "clean");
    expect(limit.limit).toBe(3);
    await round(limit, 3, "clean");
    expect(limit.limit).toBe(4);
    for (let n = 0; n < 5; n += 1) await round(limit, 4, "clean");
    expect(limit.limit).toBe(4);
  });

  it("grows by one, and is not doubled, where answers are slow and it was halved; not over what the user set", async () => {
    let now = 0;
    const limit = new AdaptiveLimit({ most: 6, start: 4, now: () => now });
    await round(limit, 1, "refused");
    const slow = async (): Promise<number> => {
      const turns = await Promise.all(Array.from({ length: limit.limit }, () => limit.turn()));
      now += 40;
      for (const turn of turns) end(turn, "clean");
      return limit.limit;
    };
    expect([await slow(), await slow(), await slow(), await slow(), await slow()]).toEqual([3, 4, 5, 6, 6]);
  });

  it("lets nobody wait in line when its client is closed", async () => {
    const closing = new AbortController();
    const limit = new AdaptiveLimit({ most: 1, closing: closing.signal });
    const turn = await limit.turn();
    const reason = new Error("closed");
    const waiting = [limit.turn(), limit.turn(new AbortController().signal)];
    closing.abort(reason);
    for (const ended of await Promise.allSettled(waiting)) expect(ended).toEqual({ status: "rejected", reason });
    turn.end();
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
