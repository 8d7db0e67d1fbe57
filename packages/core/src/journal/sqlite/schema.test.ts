import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../digest/digest.ts";
import { openJournal } from "./open-journal.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

const VERSIONS = MIGRATIONS.map((_, index) => index + 1);

describe("openJournal() on the file of another version of the schema", () => {
  it.each(VERSIONS)("adds what version %i does not have, and keeps what it wrote", async (version) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-schema-"));
    const path = join(folder.path, "journal.db");
    const earlier = new DatabaseSync(path);
    for (const migration of MIGRATIONS.slice(0, version)) earlier.exec(migration);
    earlier.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
    earlier.exec("INSERT INTO facts VALUES ('r.example', 'one', 1, '1', 0, NULL)");
    earlier.close();

    const setAside: unknown[] = [];
    const onSetAside = (event: unknown) => setAside.push(event);
    // Several at once, as processes that begin at the same time do.
    const opened = await Promise.all([1, 2, 3].map(() => openJournal(folder.path, { onSetAside })));
    const [journal, other] = opened;
    expect(await Array.fromAsync(journal?.profiles.hosts() ?? [])).toEqual(["r.example"]);
    const place = { mirror: "mirrors.yaml", target: "r.example/app" };
    const owned = { tag: "v1", digest: digestOf(Buffer.from("v1")), because: "written" } as const;
    await journal?.ownership.record(place, owned);
    await journal?.tags.built(owned.digest, 1);
    expect(await other?.ownership.find(place, "v1")).toMatchObject(owned);
    expect(await other?.tags.buildTime(owned.digest)).toBe(1);
    for (const one of opened) await one.close();
    expect(setAside).toEqual([]);
    const after = new DatabaseSync(path);
    expect(after.prepare("PRAGMA user_version").get()?.["user_version"]).toBe(MIGRATIONS.length);
    after.close();
  });
});
