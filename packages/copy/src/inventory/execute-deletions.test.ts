import { digestOf } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { executeDeletions } from "./execute-deletions.ts";
import type { Inventory, InventoryManifest } from "./inventory.ts";
import { planDeletions } from "./plan-deletions.ts";

function manifest(name: string, parts: Partial<InventoryManifest> = {}): InventoryManifest {
  return { digest: digestOf(Buffer.from(name)), tags: [], children: [], locks: [], ...parts };
}

const CHILD = manifest("child");
const INDEX = manifest("index", { tags: ["v1"], children: [CHILD.digest], time: new Date(1) });
const SIGNATURE = manifest("signature", { subject: CHILD.digest });
const IMAGE = manifest("image", { tags: ["v2"], time: new Date(2) });
const KEPT = manifest("kept", { tags: ["v3"], time: new Date(3) });
const INVENTORY: Inventory = [CHILD, INDEX, SIGNATURE, IMAGE, KEPT];
const { waves: WAVES } = planDeletions(INVENTORY, {
  doomed: new Map([INDEX, IMAGE].map(({ digest }) => [digest, "old"])),
  isKept: (digest) => digest === KEPT.digest,
});

describe("executeDeletions()", () => {
  it("deletes all, wave by wave", async () => {
    const removed: InventoryManifest[] = [];
    const remove = async (one: InventoryManifest): Promise<void> => void removed.push(one);
    const outcomes = await executeDeletions(WAVES, {
      inventory: INVENTORY,
      remove,
      signal: new AbortController().signal,
    });
    expect(removed).toEqual([INDEX, IMAGE, CHILD, SIGNATURE]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["deleted", "deleted", "deleted", "deleted"]);
  });

  it("leaves what an index needs that could not be deleted, and does the rest", async () => {
    const removed: InventoryManifest[] = [];
    const error = new Error("denied");
    const remove = async (one: InventoryManifest): Promise<void> => {
      if (one === INDEX) throw error;
      removed.push(one);
    };
    const outcomes = await executeDeletions(WAVES, {
      inventory: INVENTORY,
      remove,
      signal: new AbortController().signal,
    });
    expect(removed).toEqual([IMAGE]);
    expect(outcomes).toMatchObject([
      { outcome: "failed", error },
      { outcome: "deleted" },
      { outcome: "left", because: INDEX.digest },
      { outcome: "left", because: INDEX.digest },
    ]);
  });

  it("looks before each wave, at what is left, and keeps what has changed with all that it needs", async () => {
    const looks: Inventory[] = [];
    const removed: InventoryManifest[] = [];
    const outcomes = await executeDeletions(WAVES, {
      inventory: INVENTORY,
      look: async (inventory) => {
        looks.push(inventory);
        const changed = new Map(looks.length === 2 ? [[CHILD.digest, "it got a tag"]] : []);
        return { inventory, changed };
      },
      remove: async (one) => void removed.push(one),
      signal: new AbortController().signal,
    });
    // A picture is good for an eighth of the deletions: here for one.
    expect(looks).toEqual([INVENTORY, [CHILD, SIGNATURE, IMAGE, KEPT]]);
    expect(removed).toEqual([INDEX, IMAGE]);
    expect(outcomes.slice(1, 3)).toMatchObject([
      { outcome: "kept", why: "it got a tag" },
      { outcome: "kept", why: `${CHILD.digest} needs it: it got a tag` },
    ]);
  });

  it.each([
    ["was moved", KEPT.digest, "kept"],
    ["was deleted, and its manifest is there", undefined, "kept"],
    ["was deleted with its manifest", "gone", "deleted"],
  ] as const)("deletes no manifest whose tag %s right before", async (_, now, outcome) => {
    const removed: InventoryManifest[] = [];
    const outcomes = await executeDeletions(WAVES, {
      inventory: INVENTORY,
      resolve: async (reference) => {
        if (reference === "v1") return now === "gone" ? undefined : now;
        if (reference === INDEX.digest) return now === "gone" ? undefined : INDEX.digest;
        return IMAGE.digest;
      },
      remove: async (one) => void removed.push(one),
      signal: new AbortController().signal,
    });
    expect(outcomes[0]).toMatchObject({ outcome });
    expect(removed).not.toContain(INDEX);
    // What a kept index lists is kept with it.
    expect(removed.includes(CHILD)).toBe(outcome === "deleted");
  });

  it("deletes nothing where the first look fails, and nothing more where a later one does", async () => {
    const error = new Error("no route");
    const run = (failing: number, removed: InventoryManifest[]) => {
      let looks = 0;
      return executeDeletions(WAVES, {
        inventory: INVENTORY,
        look: async (inventory) => {
          looks += 1;
          if (looks === failing) throw error;
          return { inventory, changed: new Map() };
        },
        remove: async (one) => void removed.push(one),
        signal: new AbortController().signal,
      });
    };
    const none: InventoryManifest[] = [];
    await expect(run(1, none)).rejects.toBe(error);
    expect(none).toEqual([]);
    const some: InventoryManifest[] = [];
    expect(await run(3, some)).toMatchObject([
      { outcome: "deleted" },
      { outcome: "deleted" },
      { outcome: "failed", error },
      { outcome: "left", because: IMAGE.digest },
    ]);
    expect(some).toEqual([INDEX, CHILD]);
  });

  it("rejects with the signal's reason, and begins no further deletion", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const removed: InventoryManifest[] = [];
    const remove = async (one: InventoryManifest): Promise<void> => {
      removed.push(one);
      controller.abort(reason);
    };
    const executing = executeDeletions(WAVES, { inventory: INVENTORY, remove, signal: controller.signal });
    await expect(executing).rejects.toBe(reason);
    expect(removed).toEqual([INDEX]);
  });
});
