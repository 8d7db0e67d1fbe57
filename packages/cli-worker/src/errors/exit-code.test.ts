import { CopyError } from "@tranship/copy";
import { StoreError } from "@tranship/core";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { Interrupted } from "./interrupt.ts";
import { SomeFailed } from "./some-failed.ts";
import { BrokenPipe } from "./stdout-failure.ts";
import { readingInput, UsageError } from "./usage-error.ts";

const platformUnknown = new StoreError("PLATFORM_UNKNOWN", "Cannot find platform");

describe("exitCodeOf()", () => {
  it.each([
    ["help that was asked for", new CommanderError(0, "commander.helpDisplayed", ""), 0],
    ["commander's own errors, which say 1", new CommanderError(1, "commander.unknownOption", "error: unknown"), 2],
    ["usage", new UsageError("wrong"), 2],
    ["a platform that is not there", platformUnknown, 2],
    [
      "the same at a side of a copy",
      new CopyError({ side: "source", store: "r.example/app", operation: "resolve", cause: platformUnknown }),
      2,
    ],
    ["a directory that is no layout", new StoreError("LAYOUT_INVALID", "no layout"), 2],
    ["a failure of a store", new StoreError("NETWORK", "refused"), 1],
    ["failures of a part", new SomeFailed([{ error: platformUnknown }]), 1],
    ["what nobody foresaw", new TypeError("x is undefined"), 1],
    ["Ctrl-C", new Interrupted("SIGINT"), 130],
    ["a system that goes down", new Interrupted("SIGTERM"), 143],
    ["a reader of stdout that left", new BrokenPipe(), 141],
  ])("for %s", (_what, error, code) => expect(exitCodeOf(error)).toBe(code));
});

describe("readingInput()", () => {
  it("turns what is wrong with the input into a UsageError, and nothing else", async () => {
    const throwing = (error: Error) => () => {
      throw error;
    };
    await expect(readingInput(throwing(new SyntaxError("Bad tag")))).rejects.toThrow(new UsageError("Bad tag"));
    await expect(readingInput(throwing(platformUnknown))).rejects.toBeInstanceOf(UsageError);
    await expect(readingInput(throwing(new TypeError("x is undefined")))).rejects.toBeInstanceOf(TypeError);
  });
});
