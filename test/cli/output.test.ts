import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMAND } from "./run-command.ts";

/** Runs a command with this as its stdout; gives its exit code and stderr. */
async function runTo(stdout: number | "closed pipe", args: readonly string[]): Promise<readonly [unknown, string]> {
  const closed = stdout === "closed pipe";
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", closed ? "pipe" : stdout, "pipe"] });
  child.stdout?.destroy();
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return [code, stderr];
}

const COMMANDS = [["--help"], ["copy", "--help"], ["--version"], ["demo"]];

describe("stdout", () => {
  it.each(COMMANDS)("that was closed ends %s %s quietly", async (...args) => {
    expect(await runTo("closed pipe", args.filter(Boolean))).toEqual([141, ""]);
  });

  it.skipIf(!existsSync("/dev/full")).each(COMMANDS)(
    "that takes no more is said by %s %s (only where there is /dev/full)",
    async (...args) => {
      expect(await runTo(openSync("/dev/full", "w"), args.filter(Boolean))).toEqual([
        1,
        "tranship: Cannot write the result: no space left on device\n",
      ]);
    },
  );
});
