import type { Inventory, InventoryManifest } from "@tranship/copy";
import { type Digest, digestOf } from "@tranship/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PrunePlan, planPrune } from "./plan-prune.ts";
import type { PruneRules } from "./prune-rules.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);
const RULES: PruneRules = { keep: 1, untagged: false, unlock: false, nowMs: NOW_MS };

function digest(name: string): Digest {
  return digestOf(Buffer.from(name));
}

/** A manifest with its age in days. */
function manifest(
  name: string,
  ageDays: number | undefined,
  {
    children = [],
    subject,
    ...rest
  }: Partial<Omit<InventoryManifest, "children" | "subject">> & {
    readonly children?: readonly string[];
    readonly subject?: string;
  } = {},
): InventoryManifest {
  return {
    digest: digest(name),
    tags: [],
    children: children.map(digest),
    subject: subject === undefined ? undefined : digest(subject),
    time: ageDays === undefined ? undefined : new Date(NOW_MS - ageDays * DAY_MS),
    locks: [],
    ...rest,
  };
}

function digestTag(name: string, suffix: string): string {
  return `${digest(name).replace(":", "-")}${suffix}`;
}

function deleted({ deletions }: PrunePlan): readonly Digest[] {
  return deletions.flat().map((deletion) => deletion.manifest.digest);
}

function plannedOf(inventory: Inventory, rules: Partial<PruneRules> = {}): readonly Digest[] {
  return deleted(planPrune(inventory, { ...RULES, ...rules })).toSorted();
}

function digests(...names: readonly string[]): readonly Digest[] {
  return names.map(digest).toSorted();
}

describe("planPrune()", () => {
  it("keeps the newest images; several tags of one count once", () => {
    const inventory = [
      manifest("a", 3, { tags: ["v1"] }),
      manifest("b", 2, { tags: ["v2", "v2.0", "stable"] }),
      manifest("c", 1, { tags: ["v3"] }),
    ];
    expect(plannedOf(inventory, { keep: 2 })).toEqual(digests("a"));
    expect(plannedOf(inventory, { keep: 3 })).toEqual([]);
  });

  it("deletes what is older, and with keep only what is both", () => {
    const inventory = [40, 31, 29].map((age) => manifest(`${age}`, age, { tags: [`v${age}`] }));
    expect(plannedOf(inventory, { keep: undefined, olderThanMs: 30 * DAY_MS })).toEqual(digests("40", "31"));
    expect(plannedOf(inventory, { keep: 2, olderThanMs: 30 * DAY_MS })).toEqual(digests("40"));
  });

  it("keeps what nothing dates, and counts it not among the newest", () => {
    const inventory = [
      manifest("undated", undefined, { tags: ["u"] }),
      manifest("new", 1, { tags: ["n"] }),
      manifest("old", 2, { tags: ["o"] }),
    ];
    expect(plannedOf(inventory)).toEqual(digests("old"));
  });

  it("takes the higher tag for the newer one of two of the same time", () => {
    const inventory = [manifest("nine", 1, { tags: ["v9"] }), manifest("ten", 1, { tags: ["v10"] })];
    expect(plannedOf(inventory)).toEqual(digests("nine"));
  });

  it("keeps every image with a tag that is not considered", () => {
    const inventory = [
      manifest("both", 9, { tags: ["nightly-1", "stable"] }),
      manifest("other", 8, { tags: ["v1"] }),
      manifest("old", 7, { tags: ["nightly-2"] }),
      manifest("new", 6, { tags: ["nightly-3"] }),
    ];
    expect(plannedOf(inventory, { isConsidered: (tag) => tag.startsWith("nightly-") })).toEqual(digests("old"));
  });

  it("says of what a kept index lists that the index needs it", () => {
    const inventory = [manifest("index", 9, { children: ["child"], tags: ["v1"] }), manifest("child", 9)];
    const plan = planPrune(inventory, RULES);
    expect(plan.kept).toContainEqual({ manifest: inventory[1], reason: "needed", by: digest("index") });
  });

  it("deletes an index before what it lists, and leaves what another index lists", () => {
    const inventory = [
      manifest("shared", undefined),
      manifest("own", undefined),
      manifest("old", 2, { tags: ["v1"], children: ["shared", "own"] }),
      manifest("new", 1, { tags: ["v2"], children: ["shared"] }),
    ];
    const plan = planPrune(inventory, RULES);
    expect(deleted(plan)).toEqual([digest("old"), digest("own")]);
    expect(plan.kept).toContainEqual({ manifest: inventory[0], reason: "needed", by: digest("new") });
  });

  it("takes referrers along, also those of what an index lists, and keeps those of what stays", () => {
    const inventory = [
      manifest("child", undefined),
      manifest("old", 2, { tags: ["v1"], children: ["child"] }),
      manifest("sbom of child", undefined, { subject: "child" }),
      manifest("signature of sbom", undefined, { subject: "sbom of child" }),
      manifest("new", 1, { tags: ["v2"] }),
      manifest("sbom of new", undefined, { subject: "new" }),
    ];
    expect(plannedOf(inventory)).toEqual(digests("old", "child", "sbom of child", "signature of sbom"));
  });

  it("keeps the subject of a referrer that stays", () => {
    const inventory = [
      manifest("old", 2, { tags: ["v1"] }),
      manifest("report", 3, { tags: ["report"], subject: "old" }),
      manifest("new", 1, { tags: ["v2"] }),
    ];
    expect(plannedOf(inventory, { isConsidered: (tag) => tag !== "report" })).toEqual([]);
    expect(plannedOf(inventory)).toEqual(digests("old", "report"));
  });

  it("lets digest tags follow their subject; one of two subjects is enough to stay", () => {
    const inventory = [
      manifest("old", 2, { tags: ["v1"] }),
      manifest("new", 1, { tags: ["v2"] }),
      manifest("signature", 9, { tags: [digestTag("old", ".sig")] }),
      manifest("sbom", 9, { tags: [digestTag("old", ".sbom"), digestTag("new", ".sbom")] }),
      manifest("signature of new", 9, { tags: [digestTag("new", ".sig")] }),
    ];
    expect(plannedOf(inventory)).toEqual(digests("old", "signature"));
  });

  it("leaves what has no tag and belongs to nothing, unless told to, and then not what is young", () => {
    const inventory = [
      manifest("tagged", 1, { tags: ["v1"] }),
      manifest("loose", 9, { children: ["loose child"] }),
      manifest("loose child", 9),
      manifest("orphan", 9, { subject: "gone" }),
      manifest("pushed just now", 0),
    ];
    expect(plannedOf(inventory)).toEqual([]);
    expect(plannedOf(inventory, { untagged: true, olderThanMs: DAY_MS })).toEqual(
      digests("loose", "loose child", "orphan"),
    );
  });

  it("skips what is locked, with all that it needs, unless told to unlock", () => {
    const inventory = [
      manifest("child", undefined),
      manifest("locked", 3, { tags: ["v1"], children: ["child"], locks: [{ on: "tag", tag: "v1" }] }),
      manifest("old", 2, { tags: ["v2"] }),
      manifest("new", 1, { tags: ["v3"], locks: [{ on: "manifest" }] }),
    ];
    const plan = planPrune(inventory, RULES);
    expect(deleted(plan)).toEqual([digest("old")]);
    expect(plan.locked).toEqual([inventory[1]]);
    expect(plannedOf(inventory, { unlock: true })).toEqual(digests("child", "locked", "old"));
  });
});

/** Any repository: indexes list what comes before them, as hashes have it. */
const inventories: fc.Arbitrary<Inventory> = fc
  .array(
    fc.record({
      age: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      tags: fc.subarray(["a", "b", "keep"]),
      children: fc.array(fc.nat(30), { maxLength: 3 }),
      subject: fc.option(fc.nat(30), { nil: undefined }),
      follows: fc.option(fc.nat(30), { nil: undefined }),
      locked: fc.boolean(),
    }),
    { maxLength: 14 },
  )
  .map((rows) =>
    rows.map(({ age, tags, children, subject, follows, locked }, at) =>
      manifest(`${at}`, age, {
        tags: [
          ...tags.map((tag) => `${tag}-${at}`),
          ...(follows === undefined ? [] : [digestTag(`${follows % rows.length}`, ".sig")]),
        ],
        children: at === 0 ? [] : children.map((child) => `${child % at}`),
        ...(subject !== undefined && subject % rows.length !== at && { subject: `${subject % rows.length}` }),
        locks: locked && age !== undefined && age % 4 === 0 ? [{ on: "manifest" }] : [],
      }),
    ),
  );

const anyRules: fc.Arbitrary<PruneRules> = fc.record({
  keep: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  olderThanMs: fc.option(
    fc.integer({ min: 0, max: 60 }).map((days) => days * DAY_MS),
    { nil: undefined },
  ),
  isConsidered: fc.constantFrom(undefined, (tag: string) => !tag.startsWith("keep")),
  untagged: fc.boolean(),
  unlock: fc.boolean(),
  nowMs: fc.constant(NOW_MS),
});

describe("planPrune(), of any repository", () => {
  it("deletes nothing that something kept needs: what it lists, its subject, what is about it", () => {
    fc.assert(
      fc.property(inventories, anyRules, (inventory, rules) => {
        const gone = new Set(deleted(planPrune(inventory, rules)));
        for (const { digest: own, children, subject } of inventory) {
          if (gone.has(own)) continue;
          for (const needed of [...children, ...(subject === undefined ? [] : [subject])]) {
            expect(gone.has(needed)).toBe(false);
          }
        }
        for (const { digest: own, subject, tags } of inventory) {
          const subjects = inventory.filter(
            (other) => other.digest === subject || tags.some((tag) => tag.startsWith(other.digest.replace(":", "-"))),
          );
          if (gone.has(own))
            for (const other of subjects) expect(other.digest === own || gone.has(other.digest)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps what the rules keep: the newest, other tags, what is locked", () => {
    fc.assert(
      fc.property(inventories, anyRules, (inventory, rules) => {
        const gone = new Set(deleted(planPrune(inventory, rules)));
        for (const { digest: own, tags, locks, time } of inventory) {
          if (!gone.has(own)) continue;
          expect(locks.length === 0 || rules.unlock).toBe(true);
          expect(tags.every((tag) => tag.startsWith("sha256-") || (rules.isConsidered?.(tag) ?? true))).toBe(true);
          if (tags.some((tag) => !tag.startsWith("sha256-")) && rules.olderThanMs !== undefined && time !== undefined) {
            const subject = inventory.find((one) => one.digest === own)?.subject;
            const follows = inventory.some((one) => one.digest === subject);
            expect(follows || NOW_MS - time.getTime() >= rules.olderThanMs).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("finds nothing more after its deletions", () => {
    fc.assert(
      fc.property(inventories, anyRules, (inventory, rules) => {
        const gone = new Set(deleted(planPrune(inventory, rules)));
        const rest = inventory.filter((one) => !gone.has(one.digest));
        expect(deleted(planPrune(rest, rules))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("puts every manifest on one of its lists, and an index in an earlier wave than what it lists", () => {
    fc.assert(
      fc.property(inventories, anyRules, (inventory, rules) => {
        const { deletions, kept, locked } = planPrune(inventory, rules);
        const all = [...deletions.flat(), ...kept].map((one) => one.manifest);
        expect([...all, ...locked].map((one) => one.digest).toSorted()).toEqual(
          inventory.map((one) => one.digest).toSorted(),
        );
        const waveOf = new Map(deletions.flatMap((wave, at) => wave.map((one) => [one.manifest.digest, at] as const)));
        for (const { digest: own, children } of inventory) {
          for (const child of children) {
            const [parentWave, childWave] = [waveOf.get(own), waveOf.get(child)];
            if (parentWave !== undefined && childWave !== undefined) expect(parentWave).toBeLessThan(childWave);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
