import { CopyRun, copy } from "@tranship/copy";
import { describe, expect, it } from "vitest";
import type { Answer, Hook } from "../../packages/cli-worker/src/serve/exchange.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { startCountedRegistry } from "./counted-registry.ts";

const BLOBS = 8;

/** Holds every big blob back after its first bytes, until it is let go. */
function stalling(): { readonly hook: Hook; readonly allStalled: Promise<void>; readonly letGo: () => void } {
  const all = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let stalled = 0;
  async function* slowly(body: Answer["body"]): AsyncGenerator<Uint8Array, void, void> {
    stalled += 1;
    if (stalled === BLOBS) all.resolve();
    await go.promise;
    if (typeof body !== "object" || body instanceof Uint8Array) throw new TypeError("a blob is a stream");
    yield* body;
  }
  return {
    allStalled: all.promise,
    letGo: go.resolve,
    hook: async (request, next) => {
      const answer = await next();
      const big = Number(answer.headers?.["content-length"] ?? 0) > 64 * 1024;
      return request.method === "GET" && request.route.kind === "blob" && big
        ? { ...answer, body: slowly(answer.body) }
        : answer;
    },
  };
}

describe("small requests", () => {
  // As many connections as there are blobs that stall: the blobs have their own.
  it.each([
    [100, "auto"],
    [1024, "auto"],
    [1024, "control"],
  ] as const)("never wait for blobs that stall (%i KiB, lane: %s)", async (kib, lane) => {
    const { hook, allStalled, letGo } = stalling();
    await using from = await startCountedRegistry({ hook, connections: BLOBS, lane });
    await using to = await startCountedRegistry({ connections: BLOBS, lane });
    const run = new CopyRun({ concurrency: BLOBS, blobs: BLOBS });
    const big = sampleImage({ seed: "big", layers: BLOBS, layerSize: kib * 1024 });
    await seed(from.store, big, "big");
    await seed(from.store, sampleImage({ seed: "small", layerSize: 1024 }), "small");
    const slow = copy({ store: from.store, reference: "big" }, { store: to.store, reference: "big" }, { run });
    await allStalled;

    await copy({ store: from.store, reference: "small" }, { store: to.store, reference: "small" }, { run });
    const again = await copy(
      { store: from.store, reference: "small" },
      { store: to.store, reference: "small" },
      { run },
    );

    expect(again.outcome).toBe("unchanged");
    letGo();
    expect((await slow).outcome).toBe("copied");
  });
});
