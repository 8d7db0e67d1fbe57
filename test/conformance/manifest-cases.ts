import { describe, expect, it } from "vitest";
import { contentOf, openBytes, sampleImage, sampleIndex, seed } from "../support/sample-image.ts";
import { readAll, type Suite, tagsOf } from "./suite.ts";

/** Manifests are found by tag and digest, byte for byte. */
export function manifestCases(suite: Suite): void {
  describe("manifests and tags", () => {
    it("resolve() and open() find a manifest by tag and by digest", async () => {
      const image = sampleImage();
      const { digest, size, mediaType } = await seed(suite.store, image, "v1");
      for (const reference of ["v1", digest]) {
        expect(await suite.store.resolve(reference)).toMatchObject({ digest, size, mediaType });
        const { descriptor, bytes } = await suite.store.open(reference);
        expect(descriptor).toMatchObject({ digest, size, mediaType });
        expect(Buffer.from(bytes)).toEqual(Buffer.from(image.root.bytes));
      }
      expect(await readAll(suite.store, image.root.descriptor)).toEqual(Buffer.from(image.root.bytes));
      expect(await suite.store.has(image.root.descriptor)).toBe(true);
    });

    it("push() keeps each byte of a manifest", async () => {
      const image = sampleImage();
      for (const blob of image.blobs) await suite.store.push(blob.descriptor, openBytes(blob.bytes));
      const text = `\n { "unknownField" : [1.0, 1e3],\t${Buffer.from(image.root.bytes).toString().slice(1)}\n\n`;
      const odd = contentOf(image.root.descriptor.mediaType, Buffer.from(text));
      await suite.store.push(odd.descriptor, openBytes(odd.bytes), { reference: "odd" });
      expect(Buffer.from((await suite.store.open("odd")).bytes).toString()).toBe(text);
    });

    it("push() puts an index after its manifests, all found by digest", async () => {
      const index = sampleIndex();
      await seed(suite.store, index, "v1");
      for (const { descriptor, bytes } of index.manifests) {
        expect(await suite.store.resolve(descriptor.digest)).toMatchObject({ mediaType: descriptor.mediaType });
        expect(Buffer.from((await suite.store.open(descriptor.digest)).bytes)).toEqual(Buffer.from(bytes));
      }
    });

    it("push() of a manifest that is there under another tag adds the tag", async () => {
      const image = sampleImage();
      const descriptor = await seed(suite.store, image, "v1");
      expect(await seed(suite.store, image, "v2")).toEqual(descriptor);
      expect((await suite.store.resolve("v1")).digest).toBe(descriptor.digest);
      expect((await suite.store.resolve("v2")).digest).toBe(descriptor.digest);
    });

    it("push() of a manifest without a tag sets none", async () => {
      const descriptor = await seed(suite.store, sampleImage());
      expect((await suite.store.resolve(descriptor.digest)).digest).toBe(descriptor.digest);
      expect(await tagsOf(suite.store)).toEqual([]);
    });

    it("tag() points a tag at a manifest, and at another one later", async () => {
      const first = await seed(suite.store, sampleImage({ seed: "first" }), "v1");
      const second = await seed(suite.store, sampleImage({ seed: "second" }));
      await suite.store.tag(first, "latest");
      expect((await suite.store.resolve("latest")).digest).toBe(first.digest);
      await suite.store.tag(second, "latest");
      expect((await suite.store.resolve("latest")).digest).toBe(second.digest);
      expect((await suite.store.resolve("v1")).digest).toBe(first.digest);
      expect((await suite.store.resolve(first.digest)).digest).toBe(first.digest);
    });

    it("tag() of a manifest that is not there is MANIFEST_UNKNOWN", async () => {
      const { root } = sampleImage();
      await expect(suite.store.tag(root.descriptor, "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    });

    suite.itWith("tags", "tags() lists every tag once", async () => {
      expect(await tagsOf(suite.store)).toEqual([]);
      await seed(suite.store, sampleImage({ seed: "first" }), "v1");
      const second = await seed(suite.store, sampleIndex({ seed: "second" }), "v2");
      await suite.store.tag(second, "latest");
      await suite.store.tag(second, "latest");
      expect((await tagsOf(suite.store)).toSorted()).toEqual(["latest", "v1", "v2"]);
    });

    suite.itWith("tags", "tags() may be left early", async () => {
      const descriptor = await seed(suite.store, sampleImage(), "v1");
      await suite.store.tag(descriptor, "v2");
      for await (const tag of suite.store.tags?.() ?? []) {
        expect(["v1", "v2"]).toContain(tag);
        break;
      }
    });

    it("what is missing is MANIFEST_UNKNOWN", async () => {
      await seed(suite.store, sampleImage(), "v1");
      const { descriptor } = sampleImage({ seed: "missing" }).root;
      for (const reference of ["v2", descriptor.digest]) {
        await expect(suite.store.resolve(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
        await expect(suite.store.open(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      }
      await expect(readAll(suite.store, descriptor)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      expect(await suite.store.has(descriptor)).toBe(false);
    });

    suite.itWith("refuse layers as manifests", "resolve() finds no manifest under the digest of a layer", async () => {
      const image = sampleImage();
      await seed(suite.store, image, "v1");
      const layer = image.blobs.at(-1);
      await expect(suite.store.resolve(layer?.descriptor.digest ?? "")).rejects.toMatchObject({
        code: "MANIFEST_UNKNOWN",
      });
    });
  });
}
