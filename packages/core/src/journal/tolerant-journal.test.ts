import { describe, expect, it } from "vitest";
import { digestOf } from "../digest/digest.ts";
import type { Journal } from "./journal.ts";
import { MemoryJournal } from "./memory/memory-journal.ts";
import { tolerantJournal } from "./tolerant-journal.ts";
import type { UploadKey } from "./upload-journal.ts";

const KEY: UploadKey = { host: "r.example", access: "me", repository: "app", digest: digestOf(Buffer.from("blob")) };
const UPLOAD = { size: 10, location: "https://r.example/v2/app/blobs/uploads/1", confirmed: 0 };

describe("tolerantJournal()", () => {
  it("opens the journal when it is first asked for something, once, and closes it", async () => {
    const memory = new MemoryJournal();
    let opened = 0;
    const journal = tolerantJournal(async () => {
      opened += 1;
      return memory;
    });
    expect(opened).toBe(0);
    await Promise.all([journal.uploads.opened(KEY, UPLOAD), journal.tags.counts()]);
    expect(opened).toBe(1);
    expect(await memory.peer().uploads.claim(KEY)).toBeUndefined();
    await journal.close();
    expect(await memory.peer().uploads.claim(KEY)).toEqual(UPLOAD);
  });

  it("opens nothing to close it", async () => {
    const journal = tolerantJournal(() => Promise.reject(new Error("must not be opened")));
    await journal.close();
  });

  it("remembers in memory where the journal can't be opened, and says so once", async () => {
    const failures: unknown[] = [];
    const failure = new Error("no space left on device");
    const journal = tolerantJournal(() => Promise.reject(failure), { onFailure: (error) => failures.push(error) });
    await Promise.all([journal.profiles.set(KEY.host, "one", 1), journal.uploads.opened(KEY, UPLOAD)]);
    expect(await journal.profiles.facts(KEY.host)).toMatchObject([{ name: "one", value: 1 }]);
    await journal.uploads.released(KEY);
    expect(await Array.fromAsync(journal.uploads.abandoned())).toEqual([{ key: KEY, upload: UPLOAD }]);
    await journal.close();
    expect(failures).toEqual([failure]);
  });

  it("gives a lease that another process holds where the journal fails, also meanwhile, so that nobody waits for it", async () => {
    const memory = new MemoryJournal();
    const failing = memory.peer();
    const failures: unknown[] = [];
    const journal = tolerantJournal(async () => failing, { onFailure: (error) => failures.push(error) });
    await memory.leases.acquire("a blob", { ttlMs: 1000 });
    expect(await journal.leases.acquire("a blob", { ttlMs: 1000 })).toBeUndefined();
    const own = await journal.leases.acquire("another", { ttlMs: 1000 });
    expect((await journal.leases.held()).map(({ name }) => name)).toEqual(["a blob", "another"]);
    const failure = new Error("disk I/O error");
    Object.assign(failing.leases, { held: () => Promise.reject(failure) });
    expect(await journal.leases.held()).toEqual([]);
    expect(await journal.leases.acquire("a blob", { ttlMs: 1000 })).toBeDefined();
    // Nobody knows any more whether it is held.
    expect(own && (await journal.leases.renew(own, { ttlMs: 1000 }))).toBeUndefined();
    if (own !== undefined) await journal.leases.release(own);
    expect(failures).toEqual([failure]);
  });

  it("rejects the beginning of a repair that can't be recorded, before and after anything else has failed", async () => {
    const failure = new Error("no space left on device");
    const failures: unknown[] = [];
    const journal = tolerantJournal(() => Promise.reject(failure), { onFailure: (error) => failures.push(error) });
    const begin = () => journal.repairs.begun(KEY, { digest: KEY.digest, size: 10 });
    await expect(begin()).rejects.toBe(failure);
    await journal.profiles.set(KEY.host, "one", 1);
    await expect(begin()).rejects.toBe(failure);
    expect(await journal.repairs.pending(KEY)).toEqual([]);
    await journal.repairs.ended(KEY, KEY.digest);
    expect(failures).toEqual([failure]);
  });

  it("goes on in memory where a call fails, ends a list there, and still closes the journal", async () => {
    const failure = new Error("disk I/O error");
    const events: unknown[] = [];
    const memory = new MemoryJournal();
    const failing: Journal = {
      uploads: memory.uploads,
      blobs: memory.blobs,
      tags: memory.tags,
      ownership: memory.ownership,
      repairs: memory.repairs,
      leases: memory.leases,
      profiles: Object.assign(Object.create(memory.profiles), {
        hosts: async function* () {
          yield "a.example";
          throw failure;
        },
      }),
      close: async () => {
        events.push("closed");
      },
    };
    const journal = tolerantJournal(async () => failing, { onFailure: (error) => events.push(error) });
    expect(await Array.fromAsync(journal.profiles.hosts())).toEqual(["a.example"]);
    await journal.uploads.opened(KEY, UPLOAD);
    expect(await Array.fromAsync(memory.uploads.list())).toEqual([]);
    await journal.close();
    expect(events).toEqual([failure, "closed"]);
  });
});
