import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { openJournal } from "@tranship/copy";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "journal-program.ts");
const TERM = { ttlMs: 1000 };

/** A process that holds a lease for an hour, and the line in which it says so. */
async function holder(folder: string) {
  const child = spawn(process.execPath, [PROGRAM, folder, "lease"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return { child, said: String(value), exited: once(child, "exit") };
}

describe("openJournal().leases", () => {
  it("are free at once when the process that holds them is killed", async () => {
    await using folder = await temporaryFolder("tranship-state-");
    await using stack = new AsyncDisposableStack();
    const journal = stack.adopt(await openJournal(folder.path), (opened) => opened.close());
    const { child, said, exited } = await holder(folder.path);
    expect(said).toMatch(/^lease \d+$/);
    expect(await journal.leases.acquire("a blob", TERM)).toBeUndefined();
    expect(await journal.leases.held()).toMatchObject([{ name: "a blob" }]);
    child.kill("SIGKILL");
    await exited;
    expect(await journal.leases.held()).toEqual([]);
    const lease = await journal.leases.acquire("a blob", TERM);
    expect(lease?.fence).toBeGreaterThan(Number(said.slice("lease ".length)));
  });

  it("of a process that is stopped, and not dead, stay its own until they expire", async () => {
    await using folder = await temporaryFolder("tranship-state-");
    await using stack = new AsyncDisposableStack();
    let ahead = 0;
    const now = (): number => Date.now() + ahead;
    const journal = stack.adopt(await openJournal(folder.path, { now }), (opened) => opened.close());
    const { child, exited } = await holder(folder.path);
    child.kill("SIGSTOP");
    expect(await journal.leases.acquire("a blob", TERM)).toBeUndefined();
    ahead = 3_600_001;
    expect(await journal.leases.acquire("a blob", TERM)).toBeDefined();
    child.kill("SIGKILL");
    await exited;
  });

  it("that have expired leave no row behind when the journal is opened again", async () => {
    await using folder = await temporaryFolder("tranship-state-");
    let ahead = 0;
    const now = (): number => Date.now() + ahead;
    const first = await openJournal(folder.path, { now });
    const other = await openJournal(folder.path, { now });
    for (let number = 0; number < 5; number += 1) await other.leases.acquire(`blob ${number}`, TERM);
    ahead = 3_600_001;
    // Opening it prunes what has expired.
    const later = await openJournal(folder.path, { now });
    using file = new DatabaseSync(join(folder.path, "journal.db"));
    expect(file.prepare("SELECT count(*) AS leases FROM leases").get()).toEqual({ leases: 0 });
    for (const journal of [first, other, later]) await journal.close();
  });
});
