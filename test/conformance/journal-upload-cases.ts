import type { OpenUpload, UploadKey } from "@tranship/core";
import { expect, it } from "vitest";
import { type JournalSuite, SMALL_LIMITS, uploadKey } from "./journal-suite.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

function upload(confirmed: number, state = "a"): OpenUpload {
  return { size: 1000, location: `https://registry.example/v2/team/app/blobs/uploads/1?_state=${state}`, confirmed };
}

/** Who owns an open upload, when it is given to somebody else, and what is kept of it. */
export function journalUploadCases(suite: JournalSuite): void {
  const key = uploadKey(1);

  it("uploads.claim() gives nothing where nothing was opened", async () => {
    expect(await suite.journal.uploads.claim(key)).toBeUndefined();
  });

  it("uploads.claim() gives nobody what its owner works on, the owner neither", async () => {
    const other = await suite.other();
    await suite.journal.uploads.opened(key, upload(0));
    expect(await other.uploads.claim(key)).toBeUndefined();
    expect(await suite.journal.uploads.claim(key)).toBeUndefined();
  });

  it("uploads.claim() gives what was released to the first who asks, as it was last", async () => {
    const [first, second] = [await suite.other(), await suite.other()];
    await suite.journal.uploads.opened(key, upload(0));
    await suite.journal.uploads.advanced(key, upload(600, "b"));
    await suite.journal.uploads.released(key);
    expect(await first.uploads.claim(key)).toEqual(upload(600, "b"));
    expect(await second.uploads.claim(key)).toBeUndefined();
  });

  it("uploads.claim() gives one of many that ask at once what they all want", async () => {
    const askers = [suite.journal, await suite.other(), await suite.other(), await suite.other()];
    await suite.journal.uploads.opened(key, upload(100));
    await suite.journal.uploads.released(key);
    const claimed = await Promise.all(askers.map(({ uploads }) => uploads.claim(key)));
    expect(claimed.filter((given) => given !== undefined)).toEqual([upload(100)]);
  });

  it("uploads.claim() gives what a closed journal worked on", async () => {
    const other = await suite.other();
    await other.uploads.opened(key, upload(300));
    await other.close();
    expect(await suite.journal.uploads.claim(key)).toEqual(upload(300));
  });

  it("uploads.claim() gives the session that got furthest, then the next", async () => {
    for (const confirmed of [200, 700, 400]) {
      const owner = await suite.other();
      await owner.uploads.opened(key, upload(confirmed, `at ${confirmed}`));
      await owner.close();
    }
    expect(await suite.journal.uploads.claim(key)).toEqual(upload(700, "at 700"));
    await suite.journal.uploads.ended(key);
    expect(await suite.journal.uploads.claim(key)).toEqual(upload(400, "at 400"));
  });

  it.each<[string, Partial<UploadKey>]>([
    ["host", { host: "other.example" }],
    ["role", { access: "somebody" }],
    ["repository", { repository: "team/other" }],
    ["digest", { digest: uploadKey(2).digest }],
    ["kind of digest", { digest: `sha512:${"a".repeat(128)}` }],
  ])("uploads.claim() gives nothing of another %s", async (_, change) => {
    await suite.journal.uploads.opened(key, upload(0));
    await suite.journal.uploads.released(key);
    const other = await suite.other();
    expect(await other.uploads.claim({ ...key, ...change })).toBeUndefined();
    expect(await other.uploads.claim(key)).toEqual(upload(0));
  });

  it("uploads.claim() gives nothing that is too old to be resumed", async () => {
    await suite.journal.uploads.opened(key, upload(0));
    await suite.journal.uploads.released(key);
    suite.pass(6 * DAY_MS + 1);
    expect(await suite.journal.uploads.claim(key)).toBeUndefined();
  });

  it("uploads.opened() replaces our own session, and leaves another's alone", async () => {
    const other = await suite.other();
    await other.uploads.opened(key, upload(10, "theirs"));
    await suite.journal.uploads.opened(key, upload(20, "first"));
    await suite.journal.uploads.opened(key, upload(30, "second"));
    await suite.journal.uploads.released(key);
    expect(await other.uploads.claim(key)).toBeUndefined();
    await other.uploads.ended(key);
    expect(await other.uploads.claim(key)).toEqual(upload(30, "second"));
  });

  it("uploads.advanced() records a session that is not known", async () => {
    await suite.journal.uploads.advanced(key, upload(500));
    await suite.journal.uploads.released(key);
    expect(await suite.journal.uploads.claim(key)).toEqual(upload(500));
  });

  it("uploads.ended() keeps nothing, and is no concern of another's session", async () => {
    const other = await suite.other();
    await suite.journal.uploads.opened(key, upload(0));
    await other.uploads.ended(key);
    expect(await Array.fromAsync(other.uploads.list())).toHaveLength(1);
    await suite.journal.uploads.ended(key);
    await suite.journal.uploads.ended(key);
    expect(await Array.fromAsync(other.uploads.list())).toEqual([]);
  });

  it("uploads.abandoned() claims one after the other, and gives back what is not ended", async () => {
    const other = await suite.other();
    for (const number of [1, 2, 3]) {
      await suite.journal.uploads.opened(uploadKey(number), upload(number));
      if (number < 3) await suite.journal.uploads.released(uploadKey(number));
    }
    const seen: UploadKey[] = [];
    for await (const { key: abandoned, upload: open } of other.uploads.abandoned()) {
      seen.push(abandoned);
      expect(open).toEqual(upload(seen.length));
      expect(await suite.journal.uploads.claim(abandoned)).toBeUndefined();
      if (seen.length === 1) await other.uploads.ended(abandoned);
    }
    expect(seen).toEqual([uploadKey(1), uploadKey(2)]);
    expect(await suite.journal.uploads.claim(uploadKey(1))).toBeUndefined();
    expect(await suite.journal.uploads.claim(uploadKey(2))).toEqual(upload(2));
  });

  it("uploads.abandoned() gives those of one host and role, of one blob, small ones, and those that did not change for so long", async () => {
    const [old, young, elsewhere] = [uploadKey(1), uploadKey(2), uploadKey(1, "other.example")];
    for (const one of [old, elsewhere]) await suite.journal.uploads.opened(one, upload(0));
    suite.pass(7 * DAY_MS);
    await suite.journal.uploads.opened(young, { ...upload(0), size: 500 });
    for (const one of [old, young, elsewhere]) await suite.journal.uploads.released(one);
    const keysOf = async (filter: Parameters<typeof suite.journal.uploads.abandoned>[0]): Promise<UploadKey[]> =>
      (await Array.fromAsync(suite.journal.uploads.abandoned(filter))).map(({ key: found }) => found);
    expect(await keysOf({ unchangedForMs: 6 * DAY_MS })).toEqual([old, elsewhere]);
    expect(await keysOf({ host: "registry.example", access: "me" })).toEqual([old, young]);
    expect(await keysOf({ host: "registry.example", access: "me", unchangedForMs: 6 * DAY_MS })).toEqual([old]);
    expect(await keysOf({ access: "somebody" })).toEqual([]);
    expect(await keysOf({ host: "registry.example", digest: young.digest })).toEqual([young]);
    expect(await keysOf({ sizeUpTo: 500 })).toEqual([young]);
    expect(await keysOf({ sizeUpTo: 499 })).toEqual([]);
  });

  it("uploads.abandoned() gives back what is claimed when its reader leaves", async () => {
    await suite.journal.uploads.opened(key, upload(0));
    await suite.journal.uploads.released(key);
    for await (const _ of suite.journal.uploads.abandoned()) break;
    expect(await (await suite.other()).uploads.claim(key)).toEqual(upload(0));
  });

  it("uploads.list() tells everything but the Location", async () => {
    const opened = suite.pass(0);
    await suite.journal.uploads.opened(key, upload(0, "secret"));
    const changed = suite.pass(1000);
    await suite.journal.uploads.advanced(key, upload(10, "secret"));
    const other = await suite.other();
    const summary = { ...key, size: 1000, confirmed: 10, opened, changed, owned: true };
    expect(await Array.fromAsync(other.uploads.list())).toEqual([summary]);
    await suite.journal.uploads.released(key);
    expect(await Array.fromAsync(other.uploads.list())).toEqual([{ ...summary, owned: false }]);
  });

  it("uploads.clear() forgets what nobody works on", async () => {
    await suite.journal.uploads.opened(uploadKey(1), upload(0));
    await suite.journal.uploads.opened(uploadKey(2), upload(0));
    await suite.journal.uploads.released(uploadKey(2));
    expect(await (await suite.other()).uploads.clear()).toBe(1);
    expect((await Array.fromAsync(suite.journal.uploads.list())).map(({ digest }) => digest)).toEqual([
      uploadKey(1).digest,
    ]);
  });

  it("uploads keep what changed last, up to their limit", async () => {
    for (let number = 0; number < 12; number += 1) {
      suite.pass(1);
      await suite.journal.uploads.opened(uploadKey(number), upload(number));
      await suite.journal.uploads.released(uploadKey(number));
      const kept = await Array.fromAsync(suite.journal.uploads.list());
      expect(kept.length).toBe(Math.min(number + 1, SMALL_LIMITS.uploads ?? 0));
    }
    expect(await suite.journal.uploads.claim(uploadKey(11))).toEqual(upload(11));
    expect(await suite.journal.uploads.claim(uploadKey(0))).toBeUndefined();
  });
}
