import { mkdtempDisposable, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openJournal } from "@tranship/copy";
import { digestOf, type Journal } from "@tranship/core";
import { describe, expect, it } from "vitest";

const PLACE = { host: "r.example", access: "me", repository: "app" };
const OWNED_AT = { mirror: "mirrors.yaml", target: "r.example/app" };

/** Fills a journal, so that its file has many pages, and closes it. */
async function fill(folder: string, blobs = 3000): Promise<void> {
  const journal = await openJournal(folder);
  const digests = Array.from({ length: blobs }, (_, number) => digestOf(Buffer.from(`${number}`)));
  await Promise.all(digests.map((digest) => journal.blobs.seen(PLACE, digest)));
  await journal.profiles.set("r.example", "one", 1);
  await journal.close();
}

/** Does everything there is to do with a journal. */
async function useAll(journal: Journal): Promise<void> {
  const digest = digestOf(Buffer.from("another"));
  const key = { ...PLACE, digest };
  for (let number = 0; number < 3000; number += 100) {
    await journal.blobs.repositories("r.example", "me", digestOf(Buffer.from(`${number}`)));
  }
  await journal.blobs.seen(PLACE, digest);
  await journal.blobs.counts();
  await journal.profiles.facts("r.example");
  await journal.tags.seen({ ...PLACE, tag: "1" }, digest);
  await journal.tags.built(digest, 1);
  await journal.ownership.record(OWNED_AT, { tag: "1", digest, because: "written" });
  expect(await journal.ownership.find(OWNED_AT, "1")).toMatchObject({ digest });
  await journal.repairs.begun(PLACE, { digest, size: 10 });
  expect(await journal.repairs.pending(PLACE)).toMatchObject([{ digest, size: 10 }]);
  await journal.uploads.opened(key, { size: 10, location: "https://r.example/1", confirmed: 5 });
  await journal.uploads.released(key);
  expect(await journal.uploads.claim(key)).toMatchObject({ confirmed: 5 });
}

async function overwrite(path: string, at: number, length: number): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(Buffer.alloc(length, "garbage "), 0, length, at);
}

const DAMAGE: readonly (readonly [what: string, damage: (path: string) => Promise<void>])[] = [
  ["is garbage", (path) => writeFile(path, "this is no database ".repeat(500))],
  ["is one byte", (path) => writeFile(path, "x")],
  ["is cut in the middle of its first page", (path) => truncate(path, 1000)],
  ["is cut after its first page", (path) => truncate(path, 4096)],
  ["is cut in the middle", async (path) => truncate(path, Math.floor((await stat(path)).size / 2))],
  [
    "has a bad page in the middle",
    async (path) => {
      const pages = Math.floor((await stat(path)).size / 4096);
      for (let page = 1; page < pages; page += 1) await overwrite(path, page * 4096, 4096);
    },
  ],
  [
    "lacks a table",
    async (path) => {
      using database = new DatabaseSync(path);
      database.exec("DROP TABLE uploads");
    },
  ],
];

describe("openJournal() on what is no journal", () => {
  it.each(DAMAGE)("sets a file aside that %s, says so, and goes on with a new one", async (_, damage) => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    const folder = temporary.path;
    const path = join(folder, "journal.db");
    await fill(folder);
    await damage(path);
    const events: { readonly path: string; readonly aside: string; readonly why: string }[] = [];
    const journal = await openJournal(folder, { onSetAside: (event) => events.push(event) });
    await useAll(journal);
    await journal.close();
    expect(events).toMatchObject([{ path, why: "damaged" }]);
    expect((await stat(events[0]?.aside ?? "")).mode & 0o077).toBe(0);
    const again = await openJournal(folder, { onSetAside: (event) => events.push(event) });
    expect(await again.uploads.claim({ ...PLACE, digest: digestOf(Buffer.from("another")) })).toBeDefined();
    await again.close();
    expect(events).toHaveLength(1);
  });

  it("keeps an empty file, as a crash in the first moment leaves it", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    await writeFile(join(temporary.path, "journal.db"), "");
    const events: unknown[] = [];
    const journal = await openJournal(temporary.path, { onSetAside: (event) => events.push(event) });
    await useAll(journal);
    await journal.close();
    expect(events).toEqual([]);
  });

  it("does not take what a database that was removed left behind for a part of the new one", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    const path = join(temporary.path, "journal.db");
    const journal = await openJournal(temporary.path);
    await journal.profiles.set("r.example", "one", 1);
    const log = await readFile(`${path}-wal`);
    await journal.close();
    await rm(path);
    await writeFile(`${path}-wal`, log);
    const next = await openJournal(temporary.path);
    expect(await Array.fromAsync(next.profiles.hosts())).toEqual([]);
    await useAll(next);
    await next.close();
  });

  it.each([
    ["foreign", "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')"],
    ["foreign", "PRAGMA application_id = 77; PRAGMA user_version = 3"],
    ["newer", "PRAGMA application_id = 0x7472616e; PRAGMA user_version = 99; CREATE TABLE wonders (text)"],
  ])("sets a %s database aside, as it is", async (why, sql) => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    const path = join(temporary.path, "journal.db");
    new DatabaseSync(path).exec(sql);
    const before = await readFile(path);
    const events: { readonly aside: string; readonly why: string }[] = [];
    const journal = await openJournal(temporary.path, { onSetAside: (event) => events.push(event) });
    await useAll(journal);
    await journal.close();
    expect(events).toMatchObject([{ why }]);
    expect((await readFile(events[0]?.aside ?? "")).equals(before)).toBe(true);
  });

  it("keeps the three damaged files that were set aside last", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    for (let round = 0; round < 5; round += 1) {
      await writeFile(join(temporary.path, "journal.db"), `garbage ${round} `.repeat(300));
      await (await openJournal(temporary.path)).close();
    }
    const kept = (await readdir(temporary.path)).filter((name) => name.includes("damaged"));
    expect(kept).toHaveLength(3);
  });

  it("ten that find it damaged at once set one file aside, and share the new one", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    await writeFile(join(temporary.path, "journal.db"), "garbage ".repeat(1000));
    const events: unknown[] = [];
    const opening = Array.from({ length: 10 }, () =>
      openJournal(temporary.path, { onSetAside: (event) => events.push(event) }),
    );
    const journals = await Promise.all(opening);
    await Promise.all(journals.map(({ profiles }, number) => profiles.set(`h${number}.example`, "one", 1)));
    expect(await Array.fromAsync(journals[0]?.profiles.hosts() ?? [])).toHaveLength(10);
    for (const journal of journals) await journal.close();
    expect(events).toHaveLength(1);
  });

  it("drops rows that can't be read, and gives the others", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-damaged-"));
    const journal = await openJournal(temporary.path);
    const upload = { size: 10, location: "https://r.example/1", confirmed: 5 };
    const keys = Array.from({ length: 6 }, (_, number) => ({ ...PLACE, digest: digestOf(Buffer.from(`${number}`)) }));
    for (const key of keys) {
      await journal.uploads.opened(key, upload);
      await journal.uploads.released(key);
    }
    await journal.profiles.set("r.example", "good", 1);
    await journal.profiles.set("r.example", "bad", 1);
    using database = new DatabaseSync(join(temporary.path, "journal.db"));
    database.exec(`
      UPDATE uploads SET location = 'file:///etc/passwd' WHERE id = 1;
      UPDATE uploads SET confirmed = 11 WHERE id = 2;
      UPDATE uploads SET size = -1, confirmed = -1 WHERE id = 3;
      UPDATE uploads SET digest = x'00' WHERE id = 4;
      UPDATE uploads SET owner = '../../journal.db' WHERE id = 5;
      UPDATE facts SET value = '{' WHERE name = 'bad'`);
    expect((await Array.fromAsync(journal.uploads.abandoned())).map(({ key }) => key)).toEqual(keys.slice(4));
    expect(await Array.fromAsync(journal.uploads.list())).toHaveLength(2);
    expect(await journal.profiles.facts("r.example")).toMatchObject([{ name: "good", value: 1 }]);
    await journal.close();
    expect((await stat(join(temporary.path, "journal.db"))).size).toBeGreaterThan(0);
  });
});
