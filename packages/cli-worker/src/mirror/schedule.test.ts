import { describe, expect, it } from "vitest";
import { parseSchedule } from "./schedule.ts";

const NOON = new Date(2026, 10, 25, 12);

describe("parseSchedule()", () => {
  it.each([
    ["0 3 * * *", new Date(2026, 10, 26, 3)],
    ["*/15 * * * *", new Date(2026, 10, 25, 12, 15)],
    ["30 8-18 * * MON-FRI", new Date(2026, 10, 25, 12, 30)],
    ["@hourly", new Date(2026, 10, 25, 13)],
    ["  @daily ", new Date(2026, 10, 26)],
    ["0 0 29 2 *", new Date(2028, 1, 29)],
  ])("reads %s, in local time", async (text, next) => {
    expect((await parseSchedule(text)).next(NOON)).toEqual(next);
  });

  it.each([
    ["nonsense", "it has not five fields"],
    ["", "it has not five fields"],
    ["* * * * * *", "it has not five fields"],
    ["2026-12-01T00:00:00", "it has not five fields"],
    ["61 * * * *", "Invalid value for minute: 61"],
    ["0 0 30 2 *", "that time never comes"],
    ["@sometimes", '"@sometimes" is no cron expression'],
  ])("refuses %s", async (text, why) => {
    const refused = expect(parseSchedule(text)).rejects;
    await refused.toThrow(SyntaxError);
    await expect(parseSchedule(text)).rejects.toThrow(why);
    await expect(parseSchedule(text)).rejects.toThrow('such as "0 3 * * *"');
  });
});
