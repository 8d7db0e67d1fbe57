import { describe, expect, it } from "vitest";
import { contentOf, openBytes, sampleBytes, sampleImage } from "../support/sample-image.ts";
import type { Suite } from "./suite.ts";

const BLOB_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** Bytes that are not those of the descriptor never become content. */
export function refusalCases(suite: Suite): void {
  describe("wrong bytes", () => {
    const bytes = sampleBytes(200_000);
    const flipped = bytes.slice();
    flipped[199_999] = (flipped[199_999] ?? 0) ^ 1;
    it.each([
      ["too short", bytes.subarray(0, 199_999), "SIZE_MISMATCH"],
      ["none", bytes.subarray(0, 0), "SIZE_MISMATCH"],
      ["too long", Buffer.concat([bytes, Buffer.from("!")]), "SIZE_MISMATCH"],
      ["altered at the end", flipped, "DIGEST_MISMATCH"],
    ])("push() refuses bytes that are %s, and leaves nothing", async (_, sent, code) => {
      const { descriptor } = contentOf(BLOB_TYPE, bytes);
      await expect(suite.store.push(descriptor, openBytes(sent))).rejects.toMatchObject({ code });
      await suite.expectNothingOf(descriptor);
      expect(await suite.store.push(descriptor, openBytes(bytes))).toBe("pushed");
    });

    it("push() refuses a manifest with altered bytes, and sets no tag", async () => {
      const image = sampleImage();
      for (const blob of image.blobs) await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      const altered = Buffer.from(image.root.bytes);
      altered[altered.length - 1] = 0x20;
      await expect(
        suite.store.push(image.root.descriptor, openBytes(altered), { reference: "v1" }),
      ).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
      });
      await suite.expectNothingOf(image.root.descriptor);
      await expect(suite.store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });

    it("push() rejects with the error of a source that breaks, and leaves nothing", async () => {
      const { descriptor } = contentOf(BLOB_TYPE, bytes);
      const broken = new Error("the source broke");
      await expect(suite.store.push(descriptor, async () => failing(bytes.subarray(0, 70_000), broken))).rejects.toBe(
        broken,
      );
      await expect(suite.store.push(descriptor, () => Promise.reject(broken))).rejects.toBe(broken);
      await suite.expectNothingOf(descriptor);
    });
  });
}

async function* failing(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array, void, void> {
  yield bytes.slice();
  throw error;
}
