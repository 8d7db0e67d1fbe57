import {
  type Content,
  type Descriptor,
  digestOf,
  MemoryStore,
  OCI_INDEX,
  openLayout,
  type Source,
} from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleArtifact, sampleImage, seed } from "../../../../test/support/sample-image.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { copy } from "./copy.ts";
import { verifyImage } from "./verify-image.ts";
import { MAX_DEPTH, MAX_ENTRIES, WalkLimits } from "./walk-limits.ts";

const LINUX = { os: "linux", architecture: "amd64" };

function indexOf(manifests: readonly Descriptor[], note = ""): Content {
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests, annotations: { note } }),
  );
  return { descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length }, bytes };
}

async function put(store: MemoryStore, { descriptor, bytes }: Content, reference?: string): Promise<Descriptor> {
  await store.push(
    descriptor,
    async () =>
      (async function* () {
        yield bytes;
      })(),
    { reference },
  );
  return descriptor;
}

/** Each level names two indexes of the level below: 2^levels paths from the root. */
async function manyPaths(levels: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const image = { ...(await seed(store, sampleImage())), platform: LINUX };
  let below: readonly Descriptor[] = [image];
  for (let level = 1; level < levels; level += 1)
    below = await Promise.all(["a", "b"].map((note) => put(store, indexOf(below, note))));
  await put(store, indexOf(below), "v1");
  return store;
}

/** Indexes that each name the next one. */
async function chain(levels: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  let below: Descriptor = { ...(await seed(store, sampleImage())), platform: LINUX };
  for (let level = 1; level < levels; level += 1) below = await put(store, indexOf([below]));
  await put(store, indexOf([below]), "v1");
  return store;
}

/** A source that makes up a referrer of whatever it is asked about. */
function endlessReferrers(store: MemoryStore): { readonly source: Source; readonly asked: () => number } {
  let asked = 0;
  const source: Source = {
    name: "r.example/app",
    resolve: (...call) => store.resolve(...call),
    open: (...call) => store.open(...call),
    fetch: (...call) => store.fetch(...call),
    async *referrers(subject) {
      asked += 1;
      yield await seed(store, sampleArtifact({ subject, seed: `signature ${asked}` }));
    },
  };
  return { source, asked: () => asked };
}

describe("a walk of indexes that have 2^20 paths", () => {
  it("reads each once: copy, with a choice of platforms too, into a layout twice, and verify", async () => {
    const store = await manyPaths(20);
    let reads = 0;
    const source: Source = {
      name: store.name,
      resolve: (...call) => store.resolve(...call),
      open: (...call) => store.open(...call),
      fetch: (...call) => {
        reads += 1;
        return store.fetch(...call);
      },
    };
    const from = { store: source, reference: "v1" };
    await using folder = await temporaryFolder("tranship-paths-");
    const layout = await openLayout(folder.path, { create: true });
    expect(await copy(from, { store: layout, reference: "v1" })).toMatchObject({ outcome: "copied" });
    expect(await copy(from, { store: layout, reference: "v1" })).toMatchObject({ outcome: "unchanged" });
    const chosen = { store: new MemoryStore(), reference: "v1" };
    expect(await copy(from, chosen, { platforms: [LINUX] })).toMatchObject({ outcome: "copied" });
    const sparse = { store: new MemoryStore(), reference: "v1" };
    expect(await copy(from, sparse, { platforms: [LINUX], sparse: true })).toMatchObject({ outcome: "copied" });
    expect((await verifyImage(from)).manifests.count).toBe(40);
    // 40 manifests and 3 blobs, for each of the walks.
    expect(reads).toBeLessThan(5 * 50);
  });
});

describe("a chain of indexes", () => {
  it.each([
    [MAX_DEPTH, "is copied"],
    [MAX_DEPTH + 1, "is refused"],
  ])("of %i levels %s, with a choice of platforms too", async (levels, outcome) => {
    const from = { store: await chain(levels), reference: "v1" };
    for (const platforms of [[], [LINUX]]) {
      const to = { store: new MemoryStore(), reference: "v1" };
      const copying = copy(from, to, { platforms });
      if (outcome === "is copied") expect(await copying).toMatchObject({ outcome: "copied" });
      else {
        await expect(copying).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
        await expect(to.store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      }
    }
    if (outcome === "is refused") await expect(verifyImage(from)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });
});

describe("referrers of referrers without an end", () => {
  it("are refused", async () => {
    const store = new MemoryStore();
    await seed(store, sampleImage(), "v1");
    const { source, asked } = endlessReferrers(store);
    const copying = copy(
      { store: source, reference: "v1" },
      { store: new MemoryStore(), reference: "v1" },
      { referrers: true },
    );
    await expect(copying).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining(`nested deeper than ${MAX_DEPTH} levels`),
    });
    expect(asked()).toBeLessThan(MAX_DEPTH + 3);
  });
});

describe("WalkLimits", () => {
  it("counts the entries below one root", () => {
    const { descriptor } = indexOf([]);
    const limits = new WalkLimits(descriptor.digest);
    limits.enter(descriptor, 0, MAX_ENTRIES);
    limits.enter(descriptor, 1, MAX_ENTRIES);
    expect(() => limits.enter(indexOf([], "other").descriptor, 1, 1)).toThrow(
      `it has more than ${MAX_ENTRIES} entries in all`,
    );
  });
});
