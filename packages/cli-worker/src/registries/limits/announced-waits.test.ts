import { expect, it } from "vitest";
import { announcedWaits } from "./announced-waits.ts";

/** What is said when a host asks for these waits one after the other, in s. */
function saidOf(waits: readonly number[], maxTotalSeconds?: number): readonly string[] {
  const said: string[] = [];
  const host = announcedWaits(maxTotalSeconds, (line) => void said.push(line)).of("r.example");
  let now = 0;
  for (const seconds of waits) {
    host.take({ now, delayMs: seconds * 1000, singleMs: 120_000 });
    now += seconds * 1000;
  }
  return said.map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"));
}

it("announcedWaits() says a long wait before it: how long, until when, how much of the total", () => {
  expect(saidOf([60])).toEqual([
    "r.example asked to wait 1 min 0 s, until TIME: 1 min 0 s of at most 30 min 0 s in all (--max-total-wait)",
  ]);
});

it("announcedWaits() says short ones when they add up to a minute, and not each of them", () => {
  expect(saidOf(Array.from({ length: 9 }, () => 1))).toEqual([]);
  const said = saidOf(Array.from({ length: 150 }, () => 1));
  expect(said).toEqual([
    expect.stringContaining(": 1 min 0 s of at most 30 min 0 s in all"),
    expect.stringContaining(": 2 min 0 s of at most 30 min 0 s in all"),
  ]);
  // A long one first, then each further minute.
  expect(saidOf([30, 20, 20, 20])).toHaveLength(2);
});

it("announcedWaits() says once that the waits are spent, with the time to come back", () => {
  const said = saidOf([60, 60, 60, 60], 120);
  expect(said).toHaveLength(3);
  expect(said[2]).toBe(
    "r.example asked to wait again after 2 min 0 s of waiting: what is left for it fails; come back at TIME",
  );
});
