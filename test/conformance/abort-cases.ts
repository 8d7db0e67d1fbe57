import type { Open } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { contentOf, openBytes, sampleBytes, sampleImage, seed } from "../support/sample-image.ts";
import { readAll, type Suite } from "./suite.ts";

const BLOB_TYPE = "application/vnd.oci.image.layer.v1.tar";
const ABORTED = new Error("aborted by the test");

/** A call that is aborted ends with the signal's reason and leaves nothing. */
export function abortCases(suite: Suite): void {
  describe("abort", () => {
    it("every call rejects with the reason of a signal that is aborted already", async () => {
      const image = sampleImage();
      const descriptor = await seed(suite.store, image, "v1");
      const signal = AbortSignal.abort(ABORTED);
      const other = contentOf(BLOB_TYPE, sampleBytes(10));
      await expect(suite.store.resolve("v1", { signal })).rejects.toBe(ABORTED);
      await expect(suite.store.open("v1", { signal })).rejects.toBe(ABORTED);
      await expect(suite.store.has(descriptor, { signal })).rejects.toBe(ABORTED);
      await expect(readAll(suite.store, descriptor, 0, signal)).rejects.toBe(ABORTED);
      await expect(suite.store.push(other.descriptor, openBytes(other.bytes), { signal })).rejects.toBe(ABORTED);
      await expect(suite.store.tag(descriptor, "v2", { signal })).rejects.toBe(ABORTED);
      await suite.expectNothingOf(other.descriptor);
      await expect(suite.store.resolve("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });

    it("push() that is aborted half-way rejects with the reason, and leaves nothing", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(2 * 1024 * 1024));
      const controller = new AbortController();
      const open: Open = async (_, signal) => stalling(blob.bytes.subarray(0, 1024 * 1024), controller, signal);
      await expect(suite.store.push(blob.descriptor, open, { signal: controller.signal })).rejects.toBe(ABORTED);
      await suite.expectNothingOf(blob.descriptor);
      expect(await suite.store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
    });

    it("push() that is aborted half-way closes its source", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(2 * 1024 * 1024));
      const controller = new AbortController();
      let isClosed = false;
      const open: Open = async (offset) => {
        const source = await openBytes(blob.bytes)(offset);
        return (async function* () {
          try {
            for await (const piece of source) {
              yield piece;
              controller.abort(ABORTED);
            }
          } finally {
            isClosed = true;
          }
        })();
      };
      await expect(suite.store.push(blob.descriptor, open, { signal: controller.signal })).rejects.toBe(ABORTED);
      expect(isClosed).toBe(true);
      await suite.expectNothingOf(blob.descriptor);
    });

    it("fetch() that is aborted half-way rejects with the reason", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(8 * 1024 * 1024));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      const before = await suite.openHandles();
      const controller = new AbortController();
      const reading = (async () => {
        for await (const piece of await suite.store.fetch(blob.descriptor, { signal: controller.signal })) {
          if (piece.length > 0) controller.abort(ABORTED);
        }
      })();
      await expect(reading).rejects.toBe(ABORTED);
      expect(await suite.openHandles()).toBe(before);
    });
  });
}

/** Gives some bytes, has the signal aborted, and then waits for it as a socket does that nothing comes from. */
async function* stalling(
  bytes: Uint8Array,
  controller: AbortController,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  yield bytes.slice();
  const stalled = Promise.withResolvers<never>();
  signal?.addEventListener("abort", () => stalled.reject(new Error("the connection was closed")), { once: true });
  controller.abort(ABORTED);
  await stalled.promise;
}
