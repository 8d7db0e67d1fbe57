import { type Descriptor, MemoryStore, parsePlatform } from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type BuiltImage, buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { copy } from "./copy.ts";
import type { PlanAction } from "./plan.ts";
import { planCopy } from "./plan-copy.ts";

let from: RecordingStore;
let to: RecordingStore;
let amd64: BuiltImage;
let arm64: BuiltImage;
let index: Descriptor;

beforeEach(async () => {
  const source = new MemoryStore("source");
  from = new RecordingStore(source);
  to = new RecordingStore(new MemoryStore("target"), { host: "r.example", access: {}, repository: "target" });
  amd64 = await buildImage(source, "linux/amd64", ["shared layer", "amd64 layer"]);
  arm64 = await buildImage(source, "linux/arm64", ["shared layer", "arm64 layer"]);
  index = await buildIndex(source, [amd64, arm64], "v1");
  from.calls.length = 0;
});

const v1 = () => ({ store: from, reference: "v1" });
const target = () => ({ store: to, reference: "v1" });

/** `transfer DIGEST`, in the order of the plan. */
async function stepsOf(actions: AsyncIterable<PlanAction>): Promise<readonly string[]> {
  return (await Array.fromAsync(actions)).map(({ action, descriptor }) => `${action} ${descriptor.digest}`);
}

describe("planCopy()", () => {
  it("gives the steps children first and changes nothing", async () => {
    const { head, actions } = await planCopy(v1(), target());
    expect(head).toMatchObject({ state: "copy", source: { digest: index.digest }, root: { digest: index.digest } });
    const [shared, own] = amd64.layers as readonly [Descriptor, Descriptor];
    expect(await stepsOf(actions)).toEqual([
      `transfer ${amd64.config.digest}`,
      `transfer ${shared.digest}`,
      `transfer ${own.digest}`,
      `put ${amd64.manifest.digest}`,
      `transfer ${arm64.config.digest}`,
      `transfer ${arm64.layers[1]?.digest}`,
      `put ${arm64.manifest.digest}`,
      `put ${index.digest}`,
    ]);
    expect(to.about("push", "tag")).toEqual([]);
  });

  it("is data: what comes back from JSON is the same plan", async () => {
    const { actions } = await planCopy(v1(), target());
    const steps = await Array.fromAsync(actions);
    expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
  });

  it("knows its head before it reads what is below the root", async () => {
    const { head } = await planCopy(v1(), target());
    expect(head.root.digest).toBe(index.digest);
    expect(from.about("open")).toEqual(["v1"]);
  });

  it("has no steps where the target's tag stands for the same, and says so", async () => {
    await copy(v1(), target());
    const { head, actions } = await planCopy(v1(), target());
    expect([head.state, await stepsOf(actions)]).toEqual(["unchanged", []]);
  });

  it("has no steps for a tag that must be kept, and asks the source nothing", async () => {
    await copy(v1(), target());
    from.calls.length = 0;
    const { head, actions } = await planCopy(v1(), target(), { clobber: false });
    expect([head.state, head.source, await stepsOf(actions)]).toEqual(["kept", undefined, []]);
    expect(from.calls).toEqual([]);
  });

  it("plans what the chosen platforms need, with an index that the source does not have", async () => {
    const platforms = [parsePlatform("linux/amd64"), parsePlatform("linux/s390x")];
    const { head, actions } = await planCopy(v1(), target(), { platforms, missingPlatforms: "skip" });
    expect(head).toMatchObject({ state: "copy", lacking: ["linux/s390x"] });
    const steps = await Array.fromAsync(actions);
    expect(steps.some(({ descriptor }) => descriptor.digest === arm64.manifest.digest)).toBe(false);
  });

  it("refuses a plan for another root than it was made for", async () => {
    const options = { root: amd64.manifest.digest };
    await expect(planCopy(v1(), target(), options)).rejects.toMatchObject({ code: "PLAN_OUTDATED" });
  });

  it("fails for a reference that is not there, before any step", async () => {
    const missing = planCopy({ store: from, reference: "v2" }, target());
    await expect(missing).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", side: "source" });
  });
});
