import { describe, expect, it } from "vitest";
import { type LogLevelFlag, lineLogger } from "./line-logger.ts";

function lines(level: LogLevelFlag): readonly string[] {
  const written: string[] = [];
  const logger = lineLogger(level, (line) => void written.push(line));
  logger.warn({ delayMs: 5 }, "again");
  logger.info({ method: "GET", url: "u", status: 200, kind: "tags" }, "GET u 200");
  logger.debug({}, "found\nsomething \u001b[31m");
  return written;
}

describe("lineLogger()", () => {
  it("writes time, level, message and what the message does not say, on one line that is harmless on a terminal", () => {
    const time = "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z";
    expect(lines("debug")).toEqual([
      expect.stringMatching(new RegExp(`^${time} warn {2}again {"delayMs":5}\n$`)),
      expect.stringMatching(new RegExp(`^${time} info {2}GET u 200 {"kind":"tags"}\n$`)),
      expect.stringMatching(new RegExp(`^${time} debug found something \\\\u\\{1b\\}\\[31m\n$`)),
    ]);
  });

  it.each([
    ["error", 0],
    ["warn", 1],
    ["info", 2],
    ["debug", 3],
  ] as const)("at %s writes %i of three lines", (level, count) => {
    expect(lines(level)).toHaveLength(count);
    const logger = lineLogger(level, () => {});
    const wanted = (["warn", "info", "debug"] as const).filter((each) => logger.isLevelEnabled?.(each));
    expect(wanted).toHaveLength(count);
  });
});
