import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFileLock } from "./file-lock.ts";

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tranship-lock-"));
  path = join(dir, "lock");
});

afterEach(() => rm(dir, { recursive: true }));

describe("withFileLock()", () => {
  it("lets one in at a time, and leaves no file", async () => {
    let inside = 0;
    const once = () =>
      withFileLock(path, async (lock) => {
        inside += 1;
        expect(inside).toBe(1);
        expect(await lock.isHeld()).toBe(true);
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, once));
    expect(await readdir(dir)).toEqual([]);
  });

  it("lets go when the action fails", async () => {
    const error = new Error("the action failed");
    await expect(withFileLock(path, () => Promise.reject(error))).rejects.toBe(error);
    expect(await readdir(dir)).toEqual([]);
  });

  it("breaks the lock of a process that was killed, at once", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", holdForEver()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "exit");
    // Without the look at the process this would wait for longer than a test may take.
    expect(await withFileLock(path, async () => "in", { patienceMs: 3_600_000 })).toBe("in");
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    ["of another machine", JSON.stringify({ token: "t", machine: "another", pid: 1 })],
    ["of a process that died while it wrote the file", ""],
    ["that somebody else wrote", "hello"],
  ])("breaks a lock %s once it stays the same for too long", async (_, mark) => {
    await writeFile(path, mark);
    expect(await withFileLock(path, async () => "in", { patienceMs: 30 })).toBe("in");
    expect(await readdir(dir)).toEqual([]);
  });

  it("gets in after a crash in the middle of breaking a lock", async () => {
    await writeFile(path, "");
    await mkdir(`${path}.break`);
    expect(await withFileLock(path, async () => "in", { patienceMs: 30 })).toBe("in");
    expect(await readdir(dir)).toEqual([]);
  });

  it("tells a holder whose lock was broken, and leaves the other's lock alone", async () => {
    await withFileLock(path, async (lock) => {
      await writeFile(path, "another's");
      expect(await lock.isHeld()).toBe(false);
    });
    expect(await readFile(path, "utf8")).toBe("another's");
  });

  it("does not break the lock of a live process, and ends with the signal's reason", async () => {
    const reason = new Error("aborted by the test");
    const controller = new AbortController();
    await withFileLock(path, async (lock) => {
      const second = withFileLock(path, async () => "in", { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await expect(second).rejects.toBe(reason);
      expect(await lock.isHeld()).toBe(true);
    });
    expect(await readdir(dir)).toEqual([]);
  });
});

function holdForEver(): string {
  const lock = JSON.stringify(new URL("./file-lock.ts", import.meta.url).href);
  return `
    const { withFileLock } = await import(${lock});
    setInterval(() => undefined, 1000);
    await withFileLock(${JSON.stringify(path)}, () => { process.stdout.write("held"); return new Promise(() => undefined); });
  `;
}
