import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtempDisposable, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { openJournal } from "@tranship/copy";
import { describe, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "upload-worker.ts");

/** What is known of a session by the lines of those who worked on it. */
interface Known {
  readonly ended: boolean;
  readonly confirmed: number;
}

/** Lets a worker record so many things, kills it, and gives what it wrote on stderr. */
async function workAndDie(args: readonly string[], lines: number, sessions: Map<string, Known>): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (text) => {
    complaints += text;
  });
  let left = lines;
  for await (const line of createInterface({ input: child.stdout })) {
    const { session, event, confirmed } = JSON.parse(line);
    const before = sessions.get(session);
    const ended = event === "ends" || before?.ended === true;
    sessions.set(session, { ended, confirmed: Math.max(confirmed, before?.confirmed ?? 0) });
    left -= 1;
    if (left === 0) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return complaints;
}

describe("openJournal() with many processes on one folder", () => {
  it("ten that are killed at any moment leave a sound file, each session to one of them, and nothing lost that was confirmed", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-hammer-"));
    const [folder, witnesses] = [join(temporary.path, "state"), join(temporary.path, "witnesses")];
    await mkdir(witnesses);
    const sessions = new Map<string, Known>();
    const lanes = Array.from({ length: 10 }, async (_, lane) => {
      const complaints: string[] = [];
      for (let round = 0; round < 2; round += 1) {
        const lines = 1 + Math.floor(Math.random() * 80);
        complaints.push(await workAndDie([folder, witnesses, `w${lane}-${round}`], lines, sessions));
      }
      return complaints;
    });
    expect((await Promise.all(lanes)).flat().filter((text) => text !== "")).toEqual([]);

    await using stack = new AsyncDisposableStack();
    const setAside: unknown[] = [];
    const journal = await openJournal(folder, { onSetAside: (event) => setAside.push(event) });
    stack.defer(() => journal.close());
    const recorded = new Map<string, number>();
    for await (const { key, upload } of journal.uploads.abandoned()) {
      recorded.set(new URL(upload.location).pathname.slice(1), upload.confirmed);
      await journal.uploads.ended(key);
    }
    const lost = [...sessions].filter(
      ([session, { ended, confirmed }]) => !ended && (recorded.get(session) ?? -1) < confirmed,
    );
    expect(sessions.size).toBeGreaterThan(20);
    expect(lost).toEqual([]);
    expect(setAside).toEqual([]);
    await journal.close();
    using file = new DatabaseSync(join(folder, "journal.db"));
    expect(file.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  });

  it("one that is killed again and again leaves files that only their owner may read", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-hammer-"));
    const [folder, witnesses] = [join(temporary.path, "state"), join(temporary.path, "witnesses")];
    await mkdir(witnesses);
    for (const lines of [1, 5, 20]) {
      expect(await workAndDie([folder, witnesses, `w${lines}`], lines, new Map())).toBe("");
      const modes = await modesBelow(folder);
      expect(Object.keys(modes)).toEqual(
        expect.arrayContaining(["journal.db", "journal.db-wal", "journal.db-shm", "owners"]),
      );
      for (const [name, mode] of Object.entries(modes)) expect([name, mode & 0o077]).toEqual([name, 0]);
    }
  });
});

async function modesBelow(folder: string): Promise<Record<string, number>> {
  const names = ["", ...(await readdir(folder, { recursive: true }))];
  const modes = names.map(async (name) => [name, (await stat(join(folder, name))).mode & 0o777]);
  return Object.fromEntries(await Promise.all(modes));
}
