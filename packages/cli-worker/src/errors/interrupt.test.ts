import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Opens a pipe that nobody writes to, which keeps a thread of the process for ever. */
const STUCK = `
  import { open } from "node:fs/promises";
  import { interruptible } from ${JSON.stringify(new URL("./interrupt.ts", import.meta.url).href)};
  await interruptible((signal) => {
    signal.addEventListener("abort", () => console.log("aborted"));
    console.log("started");
    return open(process.env.PIPE);
  });
`;

describe.skipIf(process.platform === "win32")("interruptible() (Windows has no such pipes)", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("ends at once with the second %s, whatever does not answer", async (name) => {
    const dir = await mkdtemp(join(tmpdir(), "tranship-interrupt-"));
    const pipe = join(dir, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    const child = spawn(process.execPath, ["--input-type=module", "--eval", STUCK], {
      env: { ...process.env, PIPE: pipe },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      child.kill(name);
      await once(child.stdout, "data");
      child.kill(name);
      expect(await once(child, "close")).toEqual([null, name]);
    } finally {
      child.kill("SIGKILL");
      await rm(dir, { recursive: true });
    }
  });
});
