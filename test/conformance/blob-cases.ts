import type { Open } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { contentOf, openBytes, sampleBytes } from "../support/sample-image.ts";
import { readAll, type Suite } from "./suite.ts";

const BLOB_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** Blobs go in and come out, from every offset. */
export function blobCases(suite: Suite): void {
  describe("blobs", () => {
    it.each([
      ["empty", 0],
      ["one byte", 1],
      ["several pieces", 3 * 1024 * 1024 + 17],
    ])("push() and fetch() carry a blob: %s", async (_, size) => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(size));
      expect(await suite.store.has(blob.descriptor)).toBe(false);
      expect(await suite.store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
      expect(await suite.store.has(blob.descriptor)).toBe(true);
      expect(await readAll(suite.store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
    });

    suite.itWith("sha512", "push() and fetch() carry a blob with a sha512 digest", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(1000), "sha512");
      expect(await suite.store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
      expect(await readAll(suite.store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      const wrong = contentOf(BLOB_TYPE, sampleBytes(1000, "other"), "sha512");
      await expect(suite.store.push(wrong.descriptor, openBytes(blob.bytes))).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
      });
    });

    it("fetch() begins at any offset", async () => {
      const size = 1024 * 1024 + 3;
      const blob = contentOf(BLOB_TYPE, sampleBytes(size));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      for (const offset of [0, 1, 1024 * 1024 - 1, 1024 * 1024, size - 1, size]) {
        expect(await readAll(suite.store, blob.descriptor, offset)).toEqual(Buffer.from(blob.bytes.subarray(offset)));
      }
    });

    it.each([-1, 0.5, 11, Number.NaN])("fetch() refuses the offset %d of 10 bytes", async (offset) => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(10));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      await expect(readAll(suite.store, blob.descriptor, offset)).rejects.toThrow(RangeError);
    });

    it("fetch() gives chunks that the consumer may change", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes.slice()));
      for await (const piece of await suite.store.fetch(blob.descriptor)) piece.fill(0);
      expect(await readAll(suite.store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
    });

    it("fetch() of a blob that is not there is BLOB_UNKNOWN", async () => {
      const { descriptor } = contentOf(BLOB_TYPE, sampleBytes(5));
      await expect(readAll(suite.store, descriptor)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    });

    it("fetch() holds nothing open once its reader has left", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(4 * 1024 * 1024));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      const before = await suite.openHandles();
      for (let round = 0; round < 20; round += 1) {
        const content = await suite.store.fetch(blob.descriptor);
        for await (const piece of content) {
          expect(piece.length).toBeGreaterThan(0);
          break;
        }
      }
      expect(await suite.openHandles()).toBe(before);
      expect(await readAll(suite.store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
    });

    it.each([0, 1000])(
      "readBack() hashes what is there, whatever size the descriptor states: %i bytes",
      async (size) => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(size));
        await expect(suite.store.readBack?.(blob.descriptor)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
        await suite.store.push(blob.descriptor, openBytes(blob.bytes));
        const { digest } = blob.descriptor;
        for (const stated of [size, size + 5])
          expect(await suite.store.readBack?.({ ...blob.descriptor, size: stated })).toEqual({ digest, size });
      },
    );

    it("replace() of right bytes holds nothing, and of what is not there stores it", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
      const { digest } = blob.descriptor;
      let held = 0;
      const hold = async (): Promise<Open> => {
        held += 1;
        return openBytes(blob.bytes);
      };
      expect(await suite.store.replace?.(blob.descriptor, hold)).toBe("pushed");
      expect(await suite.store.readBack?.(blob.descriptor)).toEqual({ digest, size: 1000 });
      expect(await suite.store.replace?.(blob.descriptor, hold)).toBe("existed");
      expect(held).toBe(1);
      expect((await suite.store.pendingReplacements?.()) ?? []).toEqual([]);
    });

    it("push() opens the content once, at offset 0", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(100_000));
      const offsets: number[] = [];
      await suite.store.push(blob.descriptor, (offset) => {
        offsets.push(offset);
        return openBytes(blob.bytes)(offset);
      });
      expect(offsets).toEqual([0]);
    });

    it("push() of what is there opens nothing", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      const unused: Open = () => Promise.reject(new Error("opened"));
      expect(await suite.store.push(blob.descriptor, unused)).toBe("existed");
    });

    it("push() of the same blob many times at once stores it once, whole", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(300_000));
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => suite.store.push(blob.descriptor, openBytes(blob.bytes))),
      );
      expect(outcomes).toContain("pushed");
      expect(await readAll(suite.store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      expect(await suite.leftovers()).toEqual([]);
    });
  });
}
