import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { buildImage, buildIndex } from "../../../../test/support/small-image.ts";
import { StoreError } from "../errors/errors.ts";
import { FallbackSource, HostHealth } from "./fallback-source.ts";
import { MemoryStore } from "./memory-store.ts";
import { listedItems, readList } from "./read-list.ts";

let own: RecordingStore;
let mirror: RecordingStore;
let source: FallbackSource;
let warned: string[];

/** A registry with an image under `v1`. */
async function filled(name: string): Promise<RecordingStore> {
  const store = new RecordingStore(new MemoryStore(name));
  await buildIndex(store, [await buildImage(store, "linux/amd64", ["base"])], "v1");
  store.calls.length = 0;
  return store;
}

beforeEach(async () => {
  warned = [];
  [own, mirror] = [await filled("own"), await filled("mirror")];
  const health = (name: string) => new HostHealth((error) => warned.push(`${name}: ${error.code}`));
  source = new FallbackSource([
    { store: own, health: health("own") },
    { store: mirror, health: health("mirror") },
  ]);
});

/** Makes a registry fail with a code. */
function broken(store: RecordingStore, code: string): void {
  store.resolve = async () => {
    throw new StoreError(code, `${store.name} says ${code}`);
  };
}

describe("FallbackSource", () => {
  it("asks the registry alone where it answers", async () => {
    await source.resolve("v1");
    await Array.fromAsync(source.tags());

    expect(mirror.calls).toEqual([]);
    expect(warned).toEqual([]);
  });

  it("gives what came of the registry's list, and its doubt, and asks no mirror for more", async () => {
    own.listedTagsAtMost = 1;
    for (const list of [source.tags(), source.listedTags()]) {
      const result = await readList<unknown>(list);
      expect(listedItems(result)).toHaveLength(1);
      expect(result.complete).toBe(false);
    }
    expect(mirror.calls).toEqual([]);
    expect(source.listedElsewhere).toBeUndefined();
  });

  it.each(["NETWORK", "TIMEOUT", "RATE_LIMITED"])(
    "asks a mirror where the registry ends in %s, and says so once",
    async (code) => {
      broken(own, code);

      const found = await source.resolve("v1");
      expect(found).toEqual(await mirror.resolve("v1"));
      await source.resolve("v1");
      expect(warned).toEqual([`own: ${code}`]);
    },
  );

  it("lists with the digests that the place which answers lists, and without where it lists none", async () => {
    const { digest } = await own.resolve("v1");
    expect(await Array.fromAsync(source.listedTags())).toEqual([{ name: "v1" }]);
    for (const [store, time] of [
      [own, new Date(1)],
      [mirror, new Date(2)],
    ] as const) {
      Object.assign(store, {
        listedTags: async function* () {
          yield { name: "v1", digest, time };
        },
      });
    }
    expect(await Array.fromAsync(source.listedTags())).toEqual([{ name: "v1", digest, time: new Date(1) }]);
    broken(own, "TIMEOUT");
    await source.resolve("v1");
    expect(await Array.fromAsync(source.listedTags())).toEqual([{ name: "v1", digest, time: new Date(2) }]);
  });

  it("remembers tags of the registry itself, whoever has said what they stand for", async () => {
    broken(own, "NETWORK");
    const { digest } = await source.resolve("v1");
    await source.sawTag("v1", digest);
    expect(await source.lastSeen("v1")).toMatchObject({ digest });
    expect([own.seen.size, mirror.seen.size]).toEqual([1, 0]);
  });

  it("knows whose list of tags it gave", async () => {
    await Array.fromAsync(source.tags());
    expect(source.listedElsewhere).toBeUndefined();
    own.before = ({ method }) => {
      if (method === "tags") throw new StoreError("NETWORK", "no route");
    };
    await Array.fromAsync(source.listedTags());
    expect(source.listedElsewhere).toBe("mirror");
  });

  it("takes what the registry refuses or lacks for its answer", async () => {
    await expect(source.resolve("v2")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    broken(own, "DENIED");
    await expect(source.resolve("v1")).rejects.toMatchObject({ code: "DENIED" });
    expect(mirror.calls).toEqual([]);
  });

  it("leaves a registry alone that could not answer, and asks it all the same for what no mirror has", async () => {
    const { resolve } = own;
    broken(own, "NETWORK");
    await source.resolve("v1");
    own.resolve = resolve;
    own.calls.length = 0;

    await source.resolve("v1");
    expect(own.calls).toEqual([]);
    broken(mirror, "MANIFEST_UNKNOWN");
    await source.resolve("v1");
    expect(own.calls).not.toEqual([]);
  });

  it("fails as the registry did where no mirror can help", async () => {
    broken(own, "NETWORK");
    broken(mirror, "MANIFEST_UNKNOWN");
    await expect(source.resolve("v1")).rejects.toThrow("own says NETWORK");
  });

  it("ends with the reason of an abort", async () => {
    const reason = new Error("enough");
    broken(own, "NETWORK");
    await expect(source.resolve("v1", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
