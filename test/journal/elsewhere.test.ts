import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtempDisposable, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openJournal } from "@tranship/copy";
import { describe, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "journal-program.ts");

/** Whether a process here may have namespaces of its own. */
const NAMESPACES = spawnSync("unshare", ["--mount", "--pid", "--fork", "true"]).status === 0;
if (!NAMESPACES) console.warn("Skipped: journals in other namespaces and mounts (unshare is missing, or not allowed)");

function start(folder: string, task: string, prefix: readonly string[] = []): ChildProcess {
  const [command = "", ...args] = [...prefix, process.execPath, PROGRAM, folder, task];
  return spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** The first line that a program says. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError("Expected a pipe");
  for await (const line of createInterface({ input: child.stdout })) return line;
  return "";
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("openJournal() in several processes", () => {
  it("keeps what a process that was stopped works on, and gives it away the moment that process is dead", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-elsewhere-"));
    const owner = start(temporary.path, "open");
    expect(await firstLine(owner)).toMatch(/^opened/);
    owner.kill("SIGSTOP");
    expect(await firstLine(start(temporary.path, "claim"))).toBe("nothing");
    await killed(owner);
    expect(await firstLine(start(temporary.path, "claim"))).toBe("claimed");
  });

  it.skipIf(!NAMESPACES)("does so between processes that have the same number in namespaces of their own", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-elsewhere-"));
    const apart = ["unshare", "--pid", "--fork", "--kill-child=KILL"];
    const owner = start(temporary.path, "open", apart);
    expect(await firstLine(owner)).toBe("opened by 1");
    expect(await firstLine(start(temporary.path, "claim", apart))).toBe("nothing");
    expect(await firstLine(start(temporary.path, "claim"))).toBe("nothing");
    await killed(owner);
    const claimer = start(temporary.path, "claim", apart);
    expect(await firstLine(claimer)).toBe("claimed");
  });
});

describe("openJournal() in a folder that can't be used", () => {
  it("says that it is a file, or below one", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-elsewhere-"));
    const file = join(temporary.path, "file");
    await writeFile(file, "");
    for (const folder of [file, join(file, "state")]) {
      await expect(openJournal(folder)).rejects.toMatchObject({
        code: "STORAGE",
        message: `Cannot use the state folder "${folder}": it is, or lies below, a file`,
      });
    }
  });

  it("says that others may write to it, and closes an empty one to them", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-elsewhere-"));
    await mkdir(join(temporary.path, "empty"));
    for (const folder of [temporary.path, join(temporary.path, "empty")]) await chmod(folder, 0o777);
    await expect(openJournal(temporary.path)).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("others may write to it"),
    });
    expect(await readdir(temporary.path)).toEqual(["empty"]);
    const journal = await openJournal(join(temporary.path, "empty"));
    await journal.close();
  });

  it.skipIf(!NAMESPACES).each([
    ["a read-only folder", "mount --bind -o ro $0 $0", "open", /read-only file system \(EROFS\)$/],
    ["a full disk", "mount -t tmpfs -o size=300k,mode=700 none $0", "fill", /full|no space|disk I\/O/],
    [
      "a disk that was full before",
      "mount -t tmpfs -o size=4k,mode=700 none $0 && cat /dev/zero >$0/x",
      "open",
      /ENOSPC|full|I\/O/,
    ],
  ])("says so of %s", async (_, mount, task, message) => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-elsewhere-"));
    const script = `${mount} 2>/dev/null; exec "$@"`;
    const child = start(temporary.path, task, ["unshare", "--mount", "sh", "-c", script, temporary.path]);
    const line = await firstLine(child);
    expect(line).toMatch(/^failed: /);
    expect(line).toMatch(message);
  });
});
