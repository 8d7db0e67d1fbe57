import type { MirrorTarget } from "@tranship/core";
import { expect, it } from "vitest";
import { digestNumber, type JournalSuite } from "./journal-suite.ts";

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const PLACE: MirrorTarget = { mirror: "mirrors.yaml docker.io/library/app", target: "registry.example/app" };

/** Which tags are a mirror's own. */
export function journalOwnershipCases(suite: JournalSuite): void {
  const written = (tag: string, number: number) => ({ tag, digest: digestNumber(number), because: "written" }) as const;

  it("ownership.find() gives the record of a tag, to that mirror at that target alone", async () => {
    const recorded = suite.pass(1);
    await suite.journal.ownership.record(PLACE, written("v1", 1));
    const { ownership } = await suite.other();
    expect(await ownership.find(PLACE, "v1")).toEqual({ ...written("v1", 1), recorded });
    expect(await ownership.find(PLACE, "v2")).toBeUndefined();
    for (const other of [{ mirror: "other.yaml docker.io/library/app" }, { target: "registry.example/other" }]) {
      expect(await ownership.find({ ...PLACE, ...other }, "v1")).toBeUndefined();
      expect(await Array.fromAsync(ownership.list({ ...PLACE, ...other }))).toEqual([]);
    }
  });

  it("ownership.find() tells digests of every kind and each reason apart", async () => {
    const digest = `sha512:${"a".repeat(128)}` as const;
    await suite.journal.ownership.record(PLACE, { tag: "v1", digest, because: "equal" });
    const { ownership } = await suite.other();
    expect(await ownership.find(PLACE, "v1")).toMatchObject({ digest, because: "equal" });
  });

  it("ownership.record() keeps the first record of a digest, and replaces that of another one", async () => {
    const first = suite.pass(1);
    const { ownership } = suite.journal;
    await ownership.record(PLACE, written("v1", 1));
    const later = suite.pass(1);
    await ownership.record(PLACE, { ...written("v1", 1), because: "equal" });
    expect(await ownership.find(PLACE, "v1")).toEqual({ ...written("v1", 1), recorded: first });
    await (await suite.other()).ownership.record(PLACE, { ...written("v1", 2), because: "equal" });
    const changed = { tag: "v1", digest: digestNumber(2), because: "equal", recorded: later };
    expect(await ownership.find(PLACE, "v1")).toEqual(changed);
    expect(await Array.fromAsync(ownership.list(PLACE))).toEqual([changed]);
  });

  it("ownership.list() gives every tag, however many there are and however long ago they were recorded", async () => {
    const { ownership } = suite.journal;
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    await Promise.all(numbers.map((number) => ownership.record(PLACE, written(`v${number}`, number))));
    suite.pass(20 * YEAR_MS);
    const other = await suite.other();
    const listed = await Array.fromAsync(other.ownership.list(PLACE));
    expect(listed.map(({ tag }) => tag).toSorted()).toEqual(numbers.map((number) => `v${number}`).toSorted());
    expect(listed.find(({ tag }) => tag === "v7")?.digest).toBe(digestNumber(7));
    expect(await other.ownership.count()).toBe(500);
  });

  it("ownership.drop() removes one record, and none that has another digest by now", async () => {
    const { ownership } = suite.journal;
    const elsewhere = { ...PLACE, mirror: "other.yaml" };
    for (const place of [PLACE, elsewhere]) await ownership.record(place, written("v1", 1));
    await ownership.record(PLACE, written("v2", 1));
    const other = await suite.other();
    await other.ownership.drop(PLACE, "v1", digestNumber(2));
    expect(await ownership.find(PLACE, "v1")).toBeDefined();
    await other.ownership.drop(PLACE, "v1", digestNumber(1));
    await other.ownership.drop(PLACE, "v1", digestNumber(1));
    await other.ownership.drop({ ...PLACE, mirror: "unknown.yaml" }, "v2", digestNumber(1));
    expect((await Array.fromAsync(ownership.list(PLACE))).map(({ tag }) => tag)).toEqual(["v2"]);
    expect(await ownership.find(elsewhere, "v1")).toBeDefined();
  });

  it("ownership.clear() removes every record, and tags.clear() none", async () => {
    await suite.journal.ownership.record(PLACE, written("v1", 1));
    await suite.journal.ownership.record({ ...PLACE, target: "registry.example/other" }, written("v1", 1));
    await suite.journal.tags.clear();
    const { ownership } = await suite.other();
    expect(await ownership.clear()).toBe(2);
    expect(await suite.journal.ownership.count()).toBe(0);
    expect(await suite.journal.ownership.find(PLACE, "v1")).toBeUndefined();
  });
}
