import { type BlobPlace, MOUNT_CANDIDATES, type MountPair } from "@tranship/core";
import { expect, it } from "vitest";
import { digestNumber, type JournalSuite, SMALL_LIMITS } from "./journal-suite.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const HOST = "registry.example";

function place(repository: string, access = "me"): BlobPlace {
  return { host: HOST, access, repository };
}

/** Where blobs were seen, and which mounts were refused. */
export function journalBlobCases(suite: JournalSuite): void {
  const blob = digestNumber(1);

  async function seenIn(...repositories: readonly string[]): Promise<void> {
    for (const repository of repositories) {
      suite.pass(1);
      await suite.journal.blobs.seen(place(repository), blob);
    }
  }

  it("blobs.repositories() gives those of the host and role, lately seen first, to every process", async () => {
    await seenIn("a", "b", "c", "a");
    await suite.journal.blobs.seen(place("secret", "root"), blob);
    await suite.journal.blobs.seen({ ...place("elsewhere"), host: "other.example" }, blob);
    const { blobs } = await suite.other();
    expect(await blobs.repositories(HOST, "me", blob)).toEqual(["a", "c", "b"]);
    expect(await blobs.repositories(HOST, "root", blob)).toEqual(["secret"]);
    expect(await blobs.repositories(HOST, "me", digestNumber(2))).toEqual([]);
  });

  it("blobs keep what was seen just before the journal is closed, in one transaction or in many", async () => {
    const seen = ["a", "b", "c"].map((repository) => {
      suite.pass(1);
      return suite.journal.blobs.seen(place(repository), blob);
    });
    await suite.journal.close();
    await Promise.all(seen);
    const { blobs } = await suite.other();
    expect(await blobs.repositories(HOST, "me", blob)).toEqual(["c", "b", "a"]);
  });

  it("blobs.repositories() gives a few where there are thousands", async () => {
    await seenIn(...Array.from({ length: MOUNT_CANDIDATES + 2 }, (_, number) => `r${number}`));
    const repositories = await suite.journal.blobs.repositories(HOST, "me", blob);
    expect(repositories).toEqual(["r9", "r8", "r7", "r6", "r5", "r4", "r3", "r2"]);
  });

  it("blobs.repositories() gives none in which the blob was not seen for 90 days", async () => {
    await seenIn("old");
    suite.pass(89 * DAY_MS);
    await seenIn("new");
    suite.pass(2 * DAY_MS);
    expect(await suite.journal.blobs.repositories(HOST, "me", blob)).toEqual(["new"]);
  });

  it("blobs.missing() forgets one repository of one role", async () => {
    await seenIn("a", "b");
    await suite.journal.blobs.seen(place("a", "root"), blob);
    await suite.journal.blobs.missing(place("a"), blob);
    await suite.journal.blobs.missing(place("never seen"), blob);
    expect(await suite.journal.blobs.repositories(HOST, "me", blob)).toEqual(["b"]);
    expect(await suite.journal.blobs.repositories(HOST, "root", blob)).toEqual(["a"]);
  });

  it("blobs keep those seen last, up to their limit", async () => {
    const limit = SMALL_LIMITS.blobs ?? 0;
    for (let number = 0; number < 3 * limit; number += 1) {
      suite.pass(1);
      await suite.journal.blobs.seen(place(`r${number}`), digestNumber(number));
      expect((await suite.journal.blobs.counts()).blobs).toBe(Math.min(number + 1, limit));
    }
    expect(await suite.journal.blobs.repositories(HOST, "me", digestNumber(3 * limit - 1))).toHaveLength(1);
    expect(await suite.journal.blobs.repositories(HOST, "me", digestNumber(0))).toEqual([]);
  });

  const pair: MountPair = { host: HOST, access: "me", from: "a", into: "b" };

  it("blobs.refusesMount() knows a pair, in its direction and for its role, for a week", async () => {
    await suite.journal.blobs.mountRefused(pair);
    const { blobs } = await suite.other();
    expect(await blobs.refusesMount(pair)).toBe(true);
    for (const change of [{ from: "b", into: "a" }, { access: "root" }, { host: "other.example" }, { into: "c" }]) {
      expect(await blobs.refusesMount({ ...pair, ...change })).toBe(false);
    }
    suite.pass(7 * DAY_MS);
    expect(await blobs.refusesMount(pair)).toBe(true);
    suite.pass(1);
    expect(await blobs.refusesMount(pair)).toBe(false);
  });

  it("blobs.mountRefused() keeps a few pairs, and tells of one again for another week", async () => {
    for (let number = 0; number < 10; number += 1) {
      suite.pass(1);
      await suite.journal.blobs.mountRefused({ ...pair, into: `r${number}` });
    }
    expect((await suite.journal.blobs.counts()).refusedMounts).toBe(SMALL_LIMITS.refusedMounts);
    suite.pass(5 * DAY_MS);
    await suite.journal.blobs.mountRefused({ ...pair, into: "r9" });
    suite.pass(5 * DAY_MS);
    expect(await suite.journal.blobs.refusesMount({ ...pair, into: "r9" })).toBe(true);
    expect(await suite.journal.blobs.refusesMount({ ...pair, into: "r8" })).toBe(false);
  });

  it("blobs.clear() forgets everything, and says how much that was", async () => {
    await seenIn("a", "b");
    await suite.journal.blobs.mountRefused(pair);
    expect(await suite.journal.blobs.clear()).toBe(3);
    expect(await (await suite.other()).blobs.counts()).toEqual({ blobs: 0, refusedMounts: 0 });
    expect(await suite.journal.blobs.refusesMount(pair)).toBe(false);
  });
}
