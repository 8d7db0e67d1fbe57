import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNCHANGED_WAYS, UnchangedPair } from "./unchanged-ways.ts";

const TAGS = 300;

describe.each(["names", "google", "azure", "distribution"] as const)(
  "tranship sync of 300 unchanged tags, lists of %s",
  (lists) => {
    let pair: UnchangedPair;

    beforeAll(async () => {
      pair = await UnchangedPair.start(lists, TAGS);
    });
    afterAll(() => pair[Symbol.asyncDispose]());

    it.each(UNCHANGED_WAYS.filter((way) => way.lists === lists))("costs no more than it must: $title", async (way) => {
      expect(await pair.again(way)).toEqual({ source: way.source(TAGS), target: way.target(TAGS) });
    });
  },
);
