import { getEventListeners } from "node:events";
import type { SyncResult } from "@tranship/copy";
import { beforeEach, describe, expect, it } from "vitest";
import { HandClock } from "../../../../test/support/hand-clock.ts";
import { turns } from "../../../../test/support/recording-store.ts";
import { parseSchedule } from "../mirror/schedule.ts";
import { Reloaded } from "./reloaded.ts";
import { type Watched, watch } from "./watch.ts";
import type { WatchEvent } from "./watch-events.ts";

const RESULT = { ok: true } as SyncResult;
/** A time of one day. */
const at = (hours: number, minutes = 0, seconds = 0): Date => new Date(2026, 10, 25, hours, minutes, seconds);

let clock: HandClock;
let controller: AbortController;
let events: WatchEvent[];
/** The runs that go on, each ended by the test. */
let runs: { readonly file: string; readonly signal: AbortSignal; end(outcome?: SyncResult | Error): void }[];
/** The file: a name and a cron expression. */
let text: string;

beforeEach(() => {
  clock = new HandClock(at(10));
  controller = new AbortController();
  events = [];
  runs = [];
  text = "one 0 * * * *";
});

/** In an object: a promise would be waited for. */
async function start(atOnce = true): Promise<{ readonly watching: Promise<void> }> {
  const watched = await Reloaded.open<Watched>({
    read: async () => text,
    load: async (read) => {
      const [name = "", ...cron] = read.split(" ");
      return { file: { name, hosts: new Map(), mirrors: [] }, schedule: await parseSchedule(cron.join(" ")) };
    },
  });
  const watching = watch(
    {
      watched,
      clock,
      atOnce,
      onEvent: (event) => events.push(event),
      run: ({ name: file }, signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<SyncResult>();
        const end = (outcome: SyncResult | Error = RESULT): void =>
          outcome instanceof Error ? reject(outcome) : resolve(outcome);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        runs.push({ file, signal, end });
        return promise;
      },
    },
    controller.signal,
  );
  watching.catch(() => {});
  await turns();
  return { watching };
}

async function move(time: Date): Promise<void> {
  clock.moveTo(time);
  await turns();
}

async function end(run = 0, outcome?: SyncResult | Error): Promise<void> {
  runs[run]?.end(outcome);
  await turns();
}

const types = () => events.map(({ type }) => type);

describe("watch()", () => {
  it("runs at once, and then whenever it is due", async () => {
    await start();
    expect(runs).toHaveLength(1);
    await end();
    await move(at(10, 59, 59));
    expect(runs).toHaveLength(1);
    await move(at(11));
    expect(runs).toHaveLength(2);
    expect(events).toEqual([
      { type: "started", startedAt: at(10) },
      { type: "waiting", next: at(11) },
      { type: "ended", startedAt: at(10), endedAt: at(10), result: RESULT },
      { type: "started", startedAt: at(11) },
      { type: "waiting", next: at(12) },
    ]);
  });

  it("waits for the schedule first where that is wanted", async () => {
    await start(false);
    expect([runs.length, events]).toEqual([0, [{ type: "waiting", next: at(11) }]]);
    await move(at(11));
    expect(runs).toHaveLength(1);
  });

  it("skips what is due while a run goes on, and says it; and goes on after a run that failed", async () => {
    await start();
    await move(at(11));
    await move(at(12));
    expect(runs).toHaveLength(1);
    expect(events.filter(({ type }) => type === "skipped")).toEqual([
      { type: "skipped", due: at(11), running: at(10) },
      { type: "skipped", due: at(12), running: at(10) },
    ]);
    await end(0, new Error("no network"));
    expect(events.at(-1)).toMatchObject({ type: "ended", error: { message: "no network" } });
    await move(at(13));
    expect(runs).toHaveLength(2);
  });

  it("runs once for what it has slept over", async () => {
    await start(false);
    await move(at(20, 30));
    await end();
    expect(runs).toHaveLength(1);
    expect(events.at(-2)).toEqual({ type: "waiting", next: at(21) });
  });

  it("reads a file that has changed, also its schedule, and takes it for the next run", async () => {
    await start();
    text = "two 30 * * * *";
    await move(at(10, 0, 5));
    expect(events.slice(-2)).toEqual([
      { type: "reloaded", file: "two", mirrors: 0 },
      { type: "waiting", next: at(10, 30) },
    ]);
    expect(runs.map(({ file }) => file)).toEqual(["one"]);
    await end();
    await move(at(10, 30));
    expect(runs.map(({ file }) => file)).toEqual(["one", "two"]);
  });

  it("sees a change that came just before a run is due", async () => {
    await start(false);
    text = "two 0 * * * *";
    await move(at(11));
    expect(runs.map(({ file }) => file)).toEqual(["two"]);
  });

  it("keeps the old file and its schedule where the new one is broken, and says it once", async () => {
    await start(false);
    text = "broken";
    for (const second of [5, 10, 15]) await move(at(10, 0, second));
    expect(types()).toEqual(["waiting", "broken"]);
    await move(at(11));
    expect(runs.map(({ file }) => file)).toEqual(["one"]);
    text = "one 0 * * * *";
    await move(at(11, 0, 10));
    expect(types().at(-1)).toBe("mended");
  });

  it("just ends where it is aborted between runs", async () => {
    const { watching } = await start();
    await end();
    controller.abort(new Error("ended"));
    await expect(watching).resolves.toBeUndefined();
    expect(clock.waiting).toBe(0);
  });

  it("ends with the run that is under way, and rejects with the signal's reason", async () => {
    const { watching } = await start();
    controller.abort(new Error("ended"));
    await expect(watching).rejects.toThrow("ended");
    expect(types()).not.toContain("ended");
  });

  it("keeps nothing of its runs: no listener, no timer", async () => {
    const { watching } = await start();
    await end();
    const listeners = (): number => getEventListeners(controller.signal, "abort").length;
    for (let run = 1; run <= 200; run += 1) {
      await move(new Date(at(10).getTime() + run * 3_600_000));
      await end(run);
      expect([runs.length, clock.waiting]).toEqual([run + 1, 1]);
    }
    // That of the watch, and the one that each of these runs puts there itself.
    expect(listeners()).toBe(1 + runs.length);
    controller.abort();
    await watching;
    expect(listeners()).toBe(0);
  });
});
