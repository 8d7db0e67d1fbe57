import { type Descriptor, type Open, type Store, StoreError } from "@tranship/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  contentOf,
  openBytes,
  sampleArtifact,
  sampleBytes,
  sampleImage,
  sampleIndex,
  seed,
} from "../support/sample-image.ts";

/** A store for one test, empty. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly cleanup: () => Promise<void>;
  /** What unfinished work left behind, where that can be seen. */
  readonly leftovers?: () => Promise<readonly string[]>;
  /** How many files or connections the store holds open, where that can be seen. */
  readonly openHandles?: () => Promise<number>;
}

/** What not every store can do. */
export type StoreFeature =
  | "referrers"
  | "sha512"
  | "tags"
  | "delete"
  | "delete blob"
  | "untag"
  | "refuse layers as manifests";

export interface ConformanceOptions {
  /** Why the store lacks a feature; its tests are shown as skipped for that reason. */
  readonly without?: Partial<Readonly<Record<StoreFeature, string>>>;
}

const BLOB_TYPE = "application/vnd.oci.image.layer.v1.tar";
const ABORTED = new Error("aborted by the test");

/** What every store must do, whatever it is made of. */
export function storeConformance(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  { without = {} }: ConformanceOptions = {},
): void {
  describe(`${name} is a Store`, () => {
    let made: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      made = await makeStore();
      store = made.store;
    });

    afterEach(async () => {
      await made.cleanup();
    });

    const itWith = (feature: StoreFeature, title: string, test: () => Promise<void>): void => {
      it(title, async (context) => {
        const reason = without[feature];
        if (reason !== undefined) context.skip(`no ${feature}: ${reason}`);
        await test();
      });
    };

    const expectNothingOf = async (descriptor: Descriptor): Promise<void> => {
      expect(await store.has(descriptor)).toBe(false);
      expect((await made.leftovers?.()) ?? []).toEqual([]);
    };

    describe("blobs", () => {
      it.each([
        ["empty", 0],
        ["one byte", 1],
        ["several pieces", 3 * 1024 * 1024 + 17],
      ])("push() and fetch() carry a blob: %s", async (_, size) => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(size));
        expect(await store.has(blob.descriptor)).toBe(false);
        expect(await store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
        expect(await store.has(blob.descriptor)).toBe(true);
        expect(await read(store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      });

      itWith("sha512", "push() and fetch() carry a blob with a sha512 digest", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(1000), "sha512");
        expect(await store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
        expect(await read(store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
        const wrong = contentOf(BLOB_TYPE, sampleBytes(1000, "other"), "sha512");
        await expect(store.push(wrong.descriptor, openBytes(blob.bytes))).rejects.toMatchObject({
          code: "DIGEST_MISMATCH",
        });
      });

      it("fetch() begins at any offset", async () => {
        const size = 1024 * 1024 + 3;
        const blob = contentOf(BLOB_TYPE, sampleBytes(size));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        for (const offset of [0, 1, 1024 * 1024 - 1, 1024 * 1024, size - 1, size]) {
          expect(await read(store, blob.descriptor, offset)).toEqual(Buffer.from(blob.bytes.subarray(offset)));
        }
      });

      it.each([-1, 0.5, 11, Number.NaN])("fetch() refuses the offset %d of 10 bytes", async (offset) => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(10));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        await expect(read(store, blob.descriptor, offset)).rejects.toThrow(RangeError);
      });

      it("fetch() gives chunks that the consumer may change", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
        await store.push(blob.descriptor, openBytes(blob.bytes.slice()));
        for await (const piece of await store.fetch(blob.descriptor)) piece.fill(0);
        expect(await read(store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      });

      it("fetch() of a blob that is not there is BLOB_UNKNOWN", async () => {
        const { descriptor } = contentOf(BLOB_TYPE, sampleBytes(5));
        await expect(read(store, descriptor)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
      });

      it("fetch() holds nothing open once its reader has left", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(4 * 1024 * 1024));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        const before = await made.openHandles?.();
        for (let round = 0; round < 20; round += 1) {
          const content = await store.fetch(blob.descriptor);
          for await (const piece of content) {
            expect(piece.length).toBeGreaterThan(0);
            break;
          }
        }
        expect(await made.openHandles?.()).toBe(before);
        expect(await read(store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
      });

      it("push() opens the content once, at offset 0", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(100_000));
        const offsets: number[] = [];
        await store.push(blob.descriptor, (offset) => {
          offsets.push(offset);
          return openBytes(blob.bytes)(offset);
        });
        expect(offsets).toEqual([0]);
      });

      it("push() of what is there opens nothing", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        const unused: Open = () => Promise.reject(new Error("opened"));
        expect(await store.push(blob.descriptor, unused)).toBe("existed");
      });

      it("push() of the same blob many times at once stores it once, whole", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(300_000));
        const outcomes = await Promise.all(
          Array.from({ length: 8 }, () => store.push(blob.descriptor, openBytes(blob.bytes))),
        );
        expect(outcomes).toContain("pushed");
        expect(await read(store, blob.descriptor)).toEqual(Buffer.from(blob.bytes));
        expect((await made.leftovers?.()) ?? []).toEqual([]);
      });
    });

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
        await expect(store.push(descriptor, openBytes(sent))).rejects.toMatchObject({ code });
        await expectNothingOf(descriptor);
        expect(await store.push(descriptor, openBytes(bytes))).toBe("pushed");
      });

      it("push() refuses a manifest with altered bytes, and sets no tag", async () => {
        const image = sampleImage();
        for (const blob of image.blobs) await store.push(blob.descriptor, openBytes(blob.bytes));
        const altered = Buffer.from(image.root.bytes);
        altered[altered.length - 1] = 0x20;
        await expect(store.push(image.root.descriptor, openBytes(altered), { reference: "v1" })).rejects.toMatchObject({
          code: "DIGEST_MISMATCH",
        });
        await expectNothingOf(image.root.descriptor);
        await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      });

      it("push() rejects with the error of a source that breaks, and leaves nothing", async () => {
        const { descriptor } = contentOf(BLOB_TYPE, bytes);
        const broken = new Error("the source broke");
        await expect(store.push(descriptor, async () => failing(bytes.subarray(0, 70_000), broken))).rejects.toBe(
          broken,
        );
        await expect(store.push(descriptor, () => Promise.reject(broken))).rejects.toBe(broken);
        await expectNothingOf(descriptor);
      });
    });

    describe("abort", () => {
      it("every call rejects with the reason of a signal that is aborted already", async () => {
        const image = sampleImage();
        const descriptor = await seed(store, image, "v1");
        const signal = AbortSignal.abort(ABORTED);
        const other = contentOf(BLOB_TYPE, sampleBytes(10));
        await expect(store.resolve("v1", { signal })).rejects.toBe(ABORTED);
        await expect(store.open("v1", { signal })).rejects.toBe(ABORTED);
        await expect(store.has(descriptor, { signal })).rejects.toBe(ABORTED);
        await expect(read(store, descriptor, 0, signal)).rejects.toBe(ABORTED);
        await expect(store.push(other.descriptor, openBytes(other.bytes), { signal })).rejects.toBe(ABORTED);
        await expect(store.tag(descriptor, "v2", { signal })).rejects.toBe(ABORTED);
        await expectNothingOf(other.descriptor);
        await expect(store.resolve("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      });

      it("push() that is aborted half-way rejects with the reason, and leaves nothing", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(2 * 1024 * 1024));
        const controller = new AbortController();
        const open: Open = async (_, signal) => stalling(blob.bytes.subarray(0, 1024 * 1024), controller, signal);
        await expect(store.push(blob.descriptor, open, { signal: controller.signal })).rejects.toBe(ABORTED);
        await expectNothingOf(blob.descriptor);
        expect(await store.push(blob.descriptor, openBytes(blob.bytes))).toBe("pushed");
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
        await expect(store.push(blob.descriptor, open, { signal: controller.signal })).rejects.toBe(ABORTED);
        expect(isClosed).toBe(true);
        await expectNothingOf(blob.descriptor);
      });

      it("fetch() that is aborted half-way rejects with the reason", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(8 * 1024 * 1024));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        const before = await made.openHandles?.();
        const controller = new AbortController();
        const reading = (async () => {
          for await (const piece of await store.fetch(blob.descriptor, { signal: controller.signal })) {
            if (piece.length > 0) controller.abort(ABORTED);
          }
        })();
        await expect(reading).rejects.toBe(ABORTED);
        expect(await made.openHandles?.()).toBe(before);
      });
    });

    describe("manifests and tags", () => {
      it("resolve() and open() find a manifest by tag and by digest", async () => {
        const image = sampleImage();
        const { digest, size, mediaType } = await seed(store, image, "v1");
        for (const reference of ["v1", digest]) {
          expect(await store.resolve(reference)).toMatchObject({ digest, size, mediaType });
          const { descriptor, bytes } = await store.open(reference);
          expect(descriptor).toMatchObject({ digest, size, mediaType });
          expect(Buffer.from(bytes)).toEqual(Buffer.from(image.root.bytes));
        }
        expect(await read(store, image.root.descriptor)).toEqual(Buffer.from(image.root.bytes));
        expect(await store.has(image.root.descriptor)).toBe(true);
      });

      it("push() keeps each byte of a manifest", async () => {
        const image = sampleImage();
        for (const blob of image.blobs) await store.push(blob.descriptor, openBytes(blob.bytes));
        const text = `\n { "unknownField" : [1.0, 1e3],\t${Buffer.from(image.root.bytes).toString().slice(1)}\n\n`;
        const odd = contentOf(image.root.descriptor.mediaType, Buffer.from(text));
        await store.push(odd.descriptor, openBytes(odd.bytes), { reference: "odd" });
        expect(Buffer.from((await store.open("odd")).bytes).toString()).toBe(text);
      });

      it("push() puts an index after its manifests, all found by digest", async () => {
        const index = sampleIndex();
        await seed(store, index, "v1");
        for (const { descriptor, bytes } of index.manifests) {
          expect(await store.resolve(descriptor.digest)).toMatchObject({ mediaType: descriptor.mediaType });
          expect(Buffer.from((await store.open(descriptor.digest)).bytes)).toEqual(Buffer.from(bytes));
        }
      });

      it("push() of a manifest that is there under another tag adds the tag", async () => {
        const image = sampleImage();
        const descriptor = await seed(store, image, "v1");
        expect(await seed(store, image, "v2")).toEqual(descriptor);
        expect((await store.resolve("v1")).digest).toBe(descriptor.digest);
        expect((await store.resolve("v2")).digest).toBe(descriptor.digest);
      });

      it("push() of a manifest without a tag sets none", async () => {
        const descriptor = await seed(store, sampleImage());
        expect((await store.resolve(descriptor.digest)).digest).toBe(descriptor.digest);
        expect(await tagsOf(store)).toEqual([]);
      });

      it("tag() points a tag at a manifest, and at another one later", async () => {
        const first = await seed(store, sampleImage({ seed: "first" }), "v1");
        const second = await seed(store, sampleImage({ seed: "second" }));
        await store.tag(first, "latest");
        expect((await store.resolve("latest")).digest).toBe(first.digest);
        await store.tag(second, "latest");
        expect((await store.resolve("latest")).digest).toBe(second.digest);
        expect((await store.resolve("v1")).digest).toBe(first.digest);
        expect((await store.resolve(first.digest)).digest).toBe(first.digest);
      });

      it("tag() of a manifest that is not there is MANIFEST_UNKNOWN", async () => {
        const { root } = sampleImage();
        await expect(store.tag(root.descriptor, "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      });

      itWith("tags", "tags() lists every tag once", async () => {
        expect(await tagsOf(store)).toEqual([]);
        await seed(store, sampleImage({ seed: "first" }), "v1");
        const second = await seed(store, sampleIndex({ seed: "second" }), "v2");
        await store.tag(second, "latest");
        await store.tag(second, "latest");
        expect((await tagsOf(store)).toSorted()).toEqual(["latest", "v1", "v2"]);
      });

      itWith("tags", "tags() may be left early", async () => {
        const descriptor = await seed(store, sampleImage(), "v1");
        await store.tag(descriptor, "v2");
        for await (const tag of store.tags?.() ?? []) {
          expect(["v1", "v2"]).toContain(tag);
          break;
        }
      });

      it("what is missing is MANIFEST_UNKNOWN", async () => {
        await seed(store, sampleImage(), "v1");
        const { descriptor } = sampleImage({ seed: "missing" }).root;
        for (const reference of ["v2", descriptor.digest]) {
          await expect(store.resolve(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
          await expect(store.open(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
        }
        await expect(read(store, descriptor)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
        expect(await store.has(descriptor)).toBe(false);
      });

      itWith("refuse layers as manifests", "resolve() finds no manifest under the digest of a layer", async () => {
        const image = sampleImage();
        await seed(store, image, "v1");
        const layer = image.blobs.at(-1);
        await expect(store.resolve(layer?.descriptor.digest ?? "")).rejects.toMatchObject({
          code: "MANIFEST_UNKNOWN",
        });
      });
    });

    describe("referrers", () => {
      itWith(
        "referrers",
        "referrers() lists each manifest with the subject once, with type and annotations",
        async () => {
          const subject = await seed(store, sampleImage(), "v1");
          const other = await seed(store, sampleImage({ seed: "other" }), "v2");
          const sbom = await seed(store, sampleArtifact({ subject, seed: "sbom" }));
          const signature = await seed(store, sampleArtifact({ subject, seed: "sig", artifactType: "text/x.sig" }));
          await seed(store, sampleArtifact({ subject: other, seed: "of another" }));
          const found = await collect(store.referrers?.(subject));
          expect(found.map((referrer) => referrer.digest).toSorted()).toEqual(
            [sbom.digest, signature.digest].toSorted(),
          );
          expect(found.find((referrer) => referrer.digest === sbom.digest)).toMatchObject({
            size: sbom.size,
            mediaType: sbom.mediaType,
            artifactType: "application/vnd.example.sbom.v1+json",
            annotations: { "org.opencontainers.image.title": "sbom" },
          });
          const signatures = await collect(store.referrers?.(subject, { artifactType: "text/x.sig" }));
          expect(signatures.map((referrer) => referrer.digest)).toEqual([signature.digest]);
          expect(await collect(store.referrers?.(sbom))).toEqual([]);
        },
      );

      itWith(
        "referrers",
        "referrers() finds one that was pushed before its subject, and one of a subject that is not there",
        async () => {
          const image = sampleImage();
          const early = await seed(store, sampleArtifact({ subject: image.root.descriptor, seed: "early" }));
          const found = async () =>
            (await collect(store.referrers?.(image.root.descriptor))).map(({ digest }) => digest);
          expect(await found()).toEqual([early.digest]);
          await seed(store, image, "v1");
          expect(await found()).toEqual([early.digest]);
        },
      );

      itWith("referrers", "referrers() finds many that are pushed at once", async () => {
        const subject = await seed(store, sampleImage(), "v1");
        const samples = Array.from({ length: 10 }, (_, at) => sampleArtifact({ subject, seed: `referrer ${at}` }));
        const pushed = await Promise.all(samples.map((sample) => seed(store, sample)));
        const found = await collect(store.referrers?.(subject));
        expect(found.map(({ digest }) => digest).toSorted()).toEqual(pushed.map(({ digest }) => digest).toSorted());
      });
    });

    describe("delete", () => {
      itWith("delete", "delete() removes a manifest with all of its tags", async () => {
        const first = await seed(store, sampleImage({ seed: "first" }), "v1");
        const second = await seed(store, sampleImage({ seed: "second" }), "v2");
        await store.tag(first, "also");
        await store.delete?.(first);
        expect(await store.has(first)).toBe(false);
        for (const reference of ["v1", "also", first.digest]) {
          await expect(store.resolve(reference)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
        }
        expect((await store.resolve("v2")).digest).toBe(second.digest);
        await expect(store.delete?.(first)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      });

      itWith("delete blob", "delete() removes a blob", async () => {
        const blob = contentOf(BLOB_TYPE, sampleBytes(1000));
        await store.push(blob.descriptor, openBytes(blob.bytes));
        await store.delete?.(blob.descriptor);
        expect(await store.has(blob.descriptor)).toBe(false);
        await expect(store.delete?.(blob.descriptor)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
      });

      itWith("untag", "untag() removes one tag and nothing else", async () => {
        const descriptor = await seed(store, sampleImage(), "v1");
        await store.tag(descriptor, "v2");
        await store.untag?.("v1");
        await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
        expect((await store.resolve("v2")).digest).toBe(descriptor.digest);
        await store.untag?.("v2");
        expect((await store.resolve(descriptor.digest)).digest).toBe(descriptor.digest);
        await expect(store.untag?.("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      });
    });
  });
}

async function read(store: Store, descriptor: Descriptor, offset = 0, signal?: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await store.fetch(descriptor, { offset, signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function collect<T>(values: AsyncIterable<T> | undefined): Promise<T[]> {
  return values === undefined ? [] : Array.fromAsync(values);
}

/** A registry does not know a repository that has no tag, or has never been pushed to. */
async function tagsOf(store: Store): Promise<string[]> {
  try {
    return await collect(store.tags?.());
  } catch (error) {
    if (error instanceof StoreError && error.code === "NAME_UNKNOWN") return [];
    throw error;
  }
}

async function* failing(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array, void, void> {
  yield bytes.slice();
  throw error;
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
