import { describe, expect } from "vitest";
import { contentOf, openBytes, sampleBytes, sampleImage, seed } from "../support/sample-image.ts";
import type { Suite } from "./suite.ts";

const BLOB_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** What is removed is gone, and nothing else. */
export function deleteCases(suite: Suite): void {
  describe("delete", () => {
    suite.itWith("delete", "delete() removes a manifest with all of its tags", async () => {
      const first = await seed(suite.store, sampleImage({ seed: "first" }), "v1");
      const second = await seed(suite.store, sampleImage({ seed: "second" }), "v2");
      await suite.store.tag(first, "also");
      await suite.store.delete?.(first);
      expect(await suite.store.has(first)).toBe(false);
      for (const reference of ["v1", "also", first.digest]) {
        await expect(suite.store.resolve(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      }
      expect((await suite.store.resolve("v2")).digest).toBe(second.digest);
      await expect(suite.store.delete?.(first)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });

    suite.itWith("delete blob", "delete() removes a blob", async () => {
      const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
      await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      await suite.store.delete?.(blob.descriptor);
      expect(await suite.store.has(blob.descriptor)).toBe(false);
      await expect(suite.store.delete?.(blob.descriptor)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    });

    suite.itWith("untag", "untag() removes one tag and nothing else", async () => {
      const descriptor = await seed(suite.store, sampleImage(), "v1");
      await suite.store.tag(descriptor, "v2");
      await suite.store.untag?.("v1");
      await expect(suite.store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      expect((await suite.store.resolve("v2")).digest).toBe(descriptor.digest);
      await suite.store.untag?.("v2");
      expect((await suite.store.resolve(descriptor.digest)).digest).toBe(descriptor.digest);
      await expect(suite.store.untag?.("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });
  });
}
