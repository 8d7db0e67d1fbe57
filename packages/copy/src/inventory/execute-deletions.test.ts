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
