import { type Descriptor, MemoryStore, StoreError } from "@tranship/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOSSY_TARGETS, type LossyTarget, lossyRegistry } from "../../../../test/support/lossy-targets.ts";
import { type Graph, type GraphManifest, graphs, putGraph } from "../../../../test/support/random-images.ts";
import { CopyRun } from "../run/run.ts";
import { copy } from "./copy.ts";

/** What happens to a target and its source. Numbers choose among what there is. */
type Step =
  | { readonly do: "copy"; readonly what: number; readonly tag: number; readonly shared: boolean }
  | { readonly do: "lose" | "lose at the source"; readonly what: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("copy" as const),
        what: fc.nat(6),
        tag: fc.nat(2),
        shared: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("lose" as const), what: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("lose at the source" as const), what: fc.nat(20) }) },
  ),
  { minLength: 2, maxLength: 12 },
);

/**
 * Takes the steps: what a copy has brought is complete, and one that fails has found content that neither side has.
 * @param believesTags whether a tag that is right already is believed: of a registry.
 */
async function check(graph: Graph, taken: readonly Step[], target: LossyTarget, believesTags: boolean): Promise<void> {
  const source = new MemoryStore("source");
  await putGraph(source, graph);
  const all = [...new Map(graph.manifests.flatMap(({ needs }) => [...needs])).values()];
  const sharedRun = new CopyRun();
  for (const step of taken) {
    if (step.do !== "copy") {
      const lost = all[step.what % all.length] as Descriptor;
      if (step.do === "lose" && (await target.has(lost))) await target.lose(lost);
      if (step.do === "lose at the source" && (await source.has(lost))) await source.delete(lost);
      continue;
    }
    const root = graph.manifests[step.what % graph.manifests.length] as GraphManifest;
    const needed = [...root.needs.values()];
    const atSource = await Promise.all(needed.map((each) => source.has(each)));
    // Below a registry's tag that is to be moved the source is read, and below what is at a target that can't be read.
    const readsSource = believesTags || !("fetch" in target.store);
    const missing = await Promise.all(
      needed.map(async (each, at) => atSource[at] === false && (readsSource || !(await target.has(each)))),
    );
    const run = step.shared && !believesTags ? sharedRun : new CopyRun();
    const to = { store: target.store, reference: `tag-${step.tag}` };
    const outcome = await copy({ store: source, reference: root.descriptor.digest }, to, { run }).catch(failureOf);
    if (outcome === "failed") {
      expect(missing.includes(true) || !(await source.has(root.descriptor))).toBe(true);
      continue;
    }
    expect((await target.store.resolve(to.reference)).digest).toBe(root.descriptor.digest);
    if (believesTags && outcome.outcome === "unchanged") continue;
    for (const each of needed) expect([each.digest, await target.has(each)]).toEqual([each.digest, true]);
  }
}

function failureOf(error: unknown): "failed" {
  if (error instanceof StoreError || (error instanceof Error && "code" in error)) return "failed";
  throw error;
}

describe("copy() of any graph, whatever was lost", () => {
  it.each(Object.entries(LOSSY_TARGETS))(
    "is complete or fails: %s",
    async (_, make) => {
      await fc.assert(
        fc.asyncProperty(graphs, steps, async (graph, taken) => {
          await using target = await make();
          await check(graph, taken, target, false);
        }),
        { numRuns: 60 },
      );
    },
    120_000,
  );

  it("is complete or fails: a registry that takes manifests whose children are missing", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, steps, async (graph, taken) => {
        await using target = await lossyRegistry();
        await check(graph, taken, target, true);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
