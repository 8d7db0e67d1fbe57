import type { TagPlace } from "@tranship/core";
import { expect, it } from "vitest";
import { digestNumber, type JournalSuite, SMALL_LIMITS } from "./journal-suite.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

function tag(name: string): TagPlace {
  return { host: "registry.example", access: "me", repository: "team/app", tag: name };
}

/** What tags pointed at, what became of indexes, and when images were built. */
export function journalTagCases(suite: JournalSuite): void {
  it("tags.last() tells what a tag pointed at when it was seen last, for 90 days", async () => {
    await suite.journal.tags.seen(tag("1"), digestNumber(1));
    const seen = suite.pass(5);
    await suite.journal.tags.seen(tag("1"), digestNumber(2));
    const { tags } = await suite.other();
    expect(await tags.last(tag("1"))).toEqual({ digest: digestNumber(2), seen });
    for (const change of [{ tag: "2" }, { access: "root" }, { repository: "other" }, { host: "other.example" }]) {
      expect(await tags.last({ ...tag("1"), ...change })).toBeUndefined();
    }
    suite.pass(90 * DAY_MS + 1);
    expect(await tags.last(tag("1"))).toBeUndefined();
  });

  it("tags.result() tells what a choice of platforms made of an index, for a year", async () => {
    const rewrite = { source: digestNumber(1), selection: "linux/amd64,linux/arm64" };
    await suite.journal.tags.rewrote(rewrite, digestNumber(2));
    const { tags } = await suite.other();
    expect(await tags.result(rewrite)).toBe(digestNumber(2));
    expect(await tags.result({ ...rewrite, selection: "linux/amd64" })).toBeUndefined();
    expect(await tags.result({ ...rewrite, source: digestNumber(2) })).toBeUndefined();
    suite.pass(366 * DAY_MS);
    expect(await tags.result(rewrite)).toBeUndefined();
  });

  it("tags.buildTime() tells when an image was built, for a year", async () => {
    await suite.journal.tags.built(digestNumber(1), 1_700_000_000_000);
    const { tags } = await suite.other();
    expect(await tags.buildTime(digestNumber(1))).toBe(1_700_000_000_000);
    expect(await tags.buildTime(digestNumber(2))).toBeUndefined();
    suite.pass(366 * DAY_MS);
    expect(await tags.buildTime(digestNumber(1))).toBeUndefined();
  });

  it("tags keep what was seen and made last, up to their limits", async () => {
    for (let number = 0; number < 20; number += 1) {
      suite.pass(1);
      await suite.journal.tags.seen(tag(`t${number}`), digestNumber(number));
      await suite.journal.tags.rewrote({ source: digestNumber(number), selection: "all" }, digestNumber(number));
      await suite.journal.tags.built(digestNumber(number), number);
    }
    const { tags, rewrites, buildTimes } = SMALL_LIMITS;
    expect(await suite.journal.tags.counts()).toEqual({ tags, rewrites, buildTimes });
    expect(await suite.journal.tags.buildTime(digestNumber(19))).toBe(19);
    expect(await suite.journal.tags.last(tag("t19"))).toMatchObject({ digest: digestNumber(19) });
    expect(await suite.journal.tags.result({ source: digestNumber(0), selection: "all" })).toBeUndefined();
  });

  it("tags.clear() forgets everything", async () => {
    await suite.journal.tags.seen(tag("1"), digestNumber(1));
    await suite.journal.tags.rewrote({ source: digestNumber(1), selection: "all" }, digestNumber(2));
    await suite.journal.tags.built(digestNumber(1), 1);
    expect(await suite.journal.tags.clear()).toBe(3);
    expect(await (await suite.other()).tags.counts()).toEqual({ tags: 0, rewrites: 0, buildTimes: 0 });
  });
}
