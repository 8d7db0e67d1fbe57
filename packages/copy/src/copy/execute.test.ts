import { type Descriptor, MemoryStore } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { execute } from "./execute.ts";
import type { Plan, PlanAction } from "./plan.ts";
import { planCopy } from "./plan-copy.ts";

let from: RecordingStore;
let to: RecordingStore;
let amd64: BuiltImage;
let arm64: BuiltImage;
let index: Descriptor;

beforeEach(async () => {
  from = new RecordingStore(new MemoryStore("source"));
  to = new RecordingStore(new MemoryStore("target"), { host: "r.example", access: {}, repository: "target" });
  amd64 = await buildImage(from, "linux/amd64", ["shared layer", "amd64 layer"]);
  arm64 = await buildImage(from, "linux/arm64", ["shared layer", "arm64 layer"]);
  index = await buildIndex(from, [amd64, arm64], "v1");
  from.calls.length = 0;
});

const origin = () => ({ store: from, reference: "v1" });
const target = () => ({ store: to, reference: "v1" });

/** A plan with the steps of another one, changed. */
async function planned(change: (steps: PlanAction[]) => readonly PlanAction[] = (steps) => steps): Promise<Plan> {
  const { head, actions } = await planCopy(origin(), target());
  const steps = change(await Array.fromAsync(actions));
  async function* again(): AsyncGenerator<PlanAction, void, void> {
    yield* steps;
  }
  return { head, actions: again() };
}

describe("execute()", () => {
  it("does what a plan says that was read before: children first, the tag with the root, last of all", async () => {
    const result = await execute(await planned(), origin(), target());
    expect(result).toMatchObject({ outcome: "copied", root: { digest: index.digest }, moved: { count: 8 } });
    const pushed = to.done.filter(({ method }) => method === "push").map(({ about }) => about);
    expect(pushed.at(-1)).toBe(index.digest);
    for (const image of [amd64, arm64])
      for (const blob of image.blobs)
        expect(pushed.indexOf(blob.digest)).toBeLessThan(pushed.indexOf(image.manifest.digest));
    expect((await to.resolve("v1")).digest).toBe(index.digest);
  });

  it("begins with the first step while the plan still grows", async () => {
    const { head, actions } = await planCopy(origin(), target());
    const { promise: pushed, resolve } = Promise.withResolvers<void>();
    to.before = ({ method, about }) => {
      if (method === "push" && about === amd64.config.digest) resolve();
    };
    async function* slow(): AsyncGenerator<PlanAction, void, void> {
      for await (const action of actions) {
        yield action;
        if (action.action === "transfer") await pushed;
      }
    }
    expect(await execute({ head, actions: slow() }, origin(), target())).toMatchObject({ outcome: "copied" });
  });

  it("ends at the first failure: no manifest above it, no tag, and nothing that runs on", async () => {
    to.before = ({ method, about }) => {
      if (method === "push" && about === amd64.layers[1]?.digest) throw new Error("the disk is full");
    };
    await expect(execute(await planned(), origin(), target())).rejects.toThrow("the disk is full");
    expect(to.running).toBe(0);
    expect(to.done.map(({ about }) => about)).not.toContain(amd64.manifest.digest);
    expect(to.done.map(({ about }) => about)).not.toContain(index.digest);
    await expect(to.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("ends with the failure of a plan whose reading fails, and puts no tag", async () => {
    const { head, actions } = await planned();
    async function* broken(): AsyncGenerator<PlanAction, void, void> {
      for await (const action of actions) {
        if (action.action === "put") throw new Error("the source is gone");
        yield action;
      }
    }
    await expect(execute({ head, actions: broken() }, origin(), target())).rejects.toThrow("the source is gone");
    expect(to.running).toBe(0);
    await expect(to.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("rejects with the reason of its signal, and has begun nothing where that was aborted before", async () => {
    const plan = await planned();
    to.calls.length = 0;
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(execute(plan, origin(), target(), { signal })).rejects.toThrow("enough");
    expect(to.about("push", "tag")).toEqual([]);
  });

  it("has nothing to do for a head that is unchanged", async () => {
    await execute(await planned(), origin(), target());
    to.calls.length = 0;
    expect(await execute(await planned(), origin(), target())).toMatchObject({ outcome: "unchanged" });
    expect(to.about("push", "tag")).toEqual([]);
  });
});
