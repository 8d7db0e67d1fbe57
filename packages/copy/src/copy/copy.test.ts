import { getEventListeners } from "node:events";
import {
  type Descriptor,
  MemoryStore,
  parseManifest,
  RegistryError,
  type RepositoryPlace,
  StoreError,
} from "@tranship/core";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingStore, turns, untilAborted } from "../../../../test/support/recording-store.ts";
import {
  type BuiltImage,
  buildArtifact,
  buildImage,
  buildIndex,
  putBlob,
  putManifest,
} from "../../../../test/support/small-image.ts";
import { CopyError } from "../events/errors.ts";
import type { CopyEvent } from "../events/events.ts";
import { CopyRun } from "../run/run.ts";
import { PersistentSpool } from "../spool/persistent-spool.ts";
import { copy } from "./copy.ts";

const REGISTRY: Omit<RepositoryPlace, "repository"> = { host: "r.example", access: {} };

let from: RecordingStore;
let to: RecordingStore;
let amd64: BuiltImage;
let arm64: BuiltImage;
let index: Descriptor;

/** A two-platform image; its platforms share their first layer. */
beforeEach(async () => {
  const source = new MemoryStore("source");
  from = new RecordingStore(source);
  to = new RecordingStore(new MemoryStore("target"), { ...REGISTRY, repository: "target" });
  amd64 = await buildImage(source, "linux/amd64", ["shared layer", "amd64 layer"]);
  arm64 = await buildImage(source, "linux/arm64", ["shared layer", "arm64 layer"]);
  index = await buildIndex(source, [amd64, arm64], "v1");
  from.calls.length = 0;
});

const v1 = () => ({ store: from, reference: "v1" });
const target = (reference = "v1") => ({ store: to, reference });

describe("copy()", () => {
  it.each([true, undefined])(
    "offers the target the spool, unless the source is on this machine: %s",
    async (isLocal) => {
      const offered = new Set<boolean>();
      to.before = ({ method }, options) => {
        if (method === "push" && "mountFrom" in options) offered.add(options.spooled !== undefined);
      };
      const run = new CopyRun({ spool: new PersistentSpool("/nowhere") });
      await copy({ store: Object.assign(from, { isLocal }), reference: "v1" }, target(), { run });
      expect([...offered]).toEqual([isLocal === undefined]);
    },
  );

  it("pushes each blob once, every manifest after what is below it, and the tag with the root", async () => {
    const below: Readonly<Record<string, readonly Descriptor[]>> = {
      [amd64.manifest.digest]: amd64.blobs,
      [arm64.manifest.digest]: arm64.blobs,
      [index.digest]: [amd64.manifest, arm64.manifest],
    };
    to.before = async ({ method, about }) => {
      if (method !== "push") return;
      const done = to.done.map((call) => call.about);
      expect(done).toEqual(expect.arrayContaining((below[about] ?? []).map(({ digest }) => digest)));
      await turns();
    };
    const result = await copy(v1(), target());

    const pushed = to.about("push");
    expect(pushed.at(-1)).toBe(index.digest);
    expect(new Set(pushed).size).toBe(pushed.length);
    expect(pushed).toHaveLength(5 + 2 + 1);
    expect(await to.resolve("v1")).toMatchObject({ digest: index.digest, mediaType: index.mediaType });
    expect(result).toMatchObject({
      outcome: "copied",
      moved: { count: 8 },
      mounted: { count: 0 },
      skipped: { count: 0 },
    });
  });

  it("asks nothing about a target whose tag is missing but that once, and reads the source's root by its tag", async () => {
    await copy(v1(), target());

    expect(to.calls.filter(({ method }) => method !== "push")).toEqual([{ method: "resolve", about: "v1" }]);
    expect(from.about("open")).toEqual(["v1"]);
    expect(from.about("resolve")).toEqual([]);
    expect(from.about("fetch")).toHaveLength(5 + 2);
  });

  it("leaves manifests byte for byte as they are", async () => {
    await copy(v1(), target());

    for (const { digest } of [index, amd64.manifest, arm64.manifest]) {
      expect((await to.open(digest)).bytes).toEqual((await from.open(digest)).bytes);
    }
  });

  it("costs one question a side where nothing changed", async () => {
    await copy(v1(), target());
    from.calls.length = to.calls.length = 0;

    const result = await copy(v1(), target());

    expect(from.calls).toEqual([{ method: "resolve", about: "v1" }]);
    expect(to.calls).toEqual([{ method: "resolve", about: "v1" }]);
    expect(result).toMatchObject({
      outcome: "unchanged",
      root: { digest: index.digest },
      moved: { count: 0, bytes: 0 },
    });
  });

  it("sends what is new of an image whose tag moved, and nothing below a manifest that is there", async () => {
    await copy(v1(), target());
    const source = from;
    const riscv = await buildImage(source, "linux/riscv64", ["shared layer", "riscv64 layer"]);
    const moved = await buildIndex(source, [amd64, arm64, riscv], "v1");
    from.calls.length = to.calls.length = 0;

    await copy(v1(), target());

    expect(from.about("fetch")).not.toContain(amd64.manifest.digest);
    expect(to.about("push")).toEqual(expect.not.arrayContaining([amd64.manifest.digest, arm64.manifest.digest]));
    expect((await to.resolve("v1")).digest).toBe(moved.digest);
  });

  it("keeps a tag that must not be moved", async () => {
    await copy(v1(), target());
    await from.tag(amd64.manifest, "v1");

    const result = await copy(v1(), target(), { clobber: false });

    expect(result).toMatchObject({ outcome: "kept", root: { digest: index.digest } });
    expect(result.source).toBeUndefined();
    expect((await to.resolve("v1")).digest).toBe(index.digest);
  });

  it("skips foreign layers and says so", async () => {
    const foreign: Descriptor = {
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      digest: `sha256:${"0".repeat(64)}`,
      size: 1_000_000,
      urls: ["https://elsewhere.example/layer"],
    };
    await putManifest(from, { ...amd64.document, layers: [foreign, ...amd64.layers] }, "windows");
    const events: CopyEvent[] = [];

    const result = await copy({ store: from, reference: "windows" }, target(), {
      onEvent: (event) => events.push(event),
    });

    expect(result.foreign).toEqual([foreign]);
    expect(to.about("push")).not.toContain(foreign.digest);
    expect(events).toContainEqual(expect.objectContaining({ type: "skipped", reason: "foreign", descriptor: foreign }));
  });

  it("takes inline data without asking the source for it", async () => {
    const bytes = Buffer.from("inline");
    const blob = await putBlob(from, bytes);
    await putManifest(from, { ...amd64.document, layers: [{ ...blob, data: bytes.toString("base64") }] }, "inline");
    from.calls.length = 0;

    await copy({ store: from, reference: "inline" }, target());

    expect(from.about("fetch")).not.toContain(blob.digest);
    expect(await to.has(blob)).toBe(true);
  });

  it("refuses a manifest of schema 1, before anything is pushed", async () => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 1, fsLayers: [], history: [] }));
    from.open = async () => ({ descriptor: { ...index, size: bytes.length }, bytes });

    await expect(copy(v1(), target())).rejects.toMatchObject({ code: "MANIFEST_UNSUPPORTED" });
    expect(to.about("push")).toEqual([]);
  });

  it("refuses a digest as the target's name that is not the source's", async () => {
    await expect(copy(v1(), target(amd64.manifest.digest))).rejects.toThrow(TypeError);
    expect(to.about("push")).toEqual([]);
  });

  it("copies by digest alone where the target has no name for it", async () => {
    await copy({ store: from, reference: index.digest }, { store: to });

    expect((await to.resolve(index.digest)).digest).toBe(index.digest);
    expect(await Array.fromAsync(to.tags())).toEqual([]);
  });

  it("only tags what a directory or memory holds already", async () => {
    const local = new RecordingStore(new MemoryStore("local"));
    await copy(v1(), { store: local, reference: "v1" });
    local.calls.length = 0;

    await copy(v1(), { store: local, reference: "v2" });

    expect(local.about("push")).toEqual([]);
    expect((await local.resolve("v2")).digest).toBe(index.digest);
  });
});

describe("copy() to a target that may be pushed to and not read", () => {
  const denied = () =>
    new RegistryError("DENIED", "Cannot resolve", { method: "HEAD", url: "http://r.example/", status: 403 });

  it("pushes all the same", async () => {
    to.before = ({ method }) => {
      if (method !== "push") throw denied();
    };
    await copy(v1(), target());
    expect(to.about("push").at(-1)).toBe(index.digest);
  });

  it("gives up where a tag must be kept that cannot be seen", async () => {
    to.before = ({ method }) => {
      if (method === "resolve") throw denied();
    };
    await expect(copy(v1(), target(), { clobber: false })).rejects.toMatchObject({ code: "DENIED", side: "target" });
    expect(to.about("push")).toEqual([]);
  });
});

describe("copy() in a run that is shared", () => {
  it("sends a blob once, however many images hold it at the same time", async () => {
    const run = new CopyRun();
    await Promise.all([
      copy({ store: from, reference: amd64.manifest.digest }, target("amd64"), { run }),
      copy({ store: from, reference: arm64.manifest.digest }, target("arm64"), { run }),
    ]);

    const pushed = to.about("push");
    expect(new Set(pushed).size).toBe(pushed.length);
    expect(await Array.fromAsync(to.tags())).toEqual(expect.arrayContaining(["amd64", "arm64"]));
  });

  it("tags a manifest that another image has put", async () => {
    const run = new CopyRun();
    await copy(v1(), target("v1"), { run });
    to.calls.length = 0;

    await copy(v1(), target("latest"), { run });

    expect(to.about("push", "tag")).toEqual(["latest"]);
    expect((await to.resolve("latest")).digest).toBe(index.digest);
  });

  it("names the source's repository, and those that the run filled, for mounts on the same registry with the same access", async () => {
    const run = new CopyRun();
    const source = new RecordingStore(await memoryOf(from), { ...REGISTRY, repository: "source" });
    const mountFrom: (readonly string[] | undefined)[] = [];
    to.before = ({ method, about }, options) => {
      if (method === "push" && about === amd64.layers[0]?.digest) mountFrom.push(options.mountFrom);
    };
    await copy({ store: source, reference: "v1" }, target(), { run });

    expect(mountFrom).toEqual([["source"]]);
  });

  it("never mounts from the target's own repository, which it asks anyway", async () => {
    const source = new RecordingStore(await memoryOf(from), { ...REGISTRY, repository: "target" });
    to.before = ({ method }, options) => {
      if (method === "push") expect(options.mountFrom ?? []).toEqual([]);
    };
    await copy({ store: source, reference: "v1" }, target("v2"));
  });

  it("names no repository that only the other role may read", async () => {
    const source = new RecordingStore(await memoryOf(from), { host: "r.example", access: {}, repository: "source" });
    const mountFrom: (readonly string[] | undefined)[] = [];
    to.before = ({ method }, options) => {
      if (method === "push") mountFrom.push(options.mountFrom ?? []);
    };
    await copy({ store: source, reference: "v1" }, target());

    expect(mountFrom.flat()).toEqual([]);
  });

  it("keeps big blobs within their slots, and what is small out of them", async () => {
    const run = new CopyRun({ blobs: 2 });
    const texts = ["one", "two", "three", "four"].map((text) => text.repeat(30_000));
    const { layers, manifest } = await buildImage(from, "linux/amd64", [...texts, "small"]);
    const big = new Set<string>(layers.filter(({ size }) => size > 64 * 1024).map(({ digest }) => digest));
    const small = Promise.withResolvers<void>();
    let blobs = 0;
    let most = 0;
    to.before = async ({ method, about }) => {
      if (method !== "push" || about === manifest.digest) return;
      if (!big.has(about)) {
        small.resolve();
        return;
      }
      blobs += 1;
      most = Math.max(most, blobs);
      await small.promise;
      await turns();
      blobs -= 1;
    };
    await copy({ store: from, reference: manifest.digest }, target(), { run });

    expect(big.size).toBe(4);
    expect(most).toBe(2);
  });
});

describe("copy() that fails", () => {
  it("rejects with the first failure, pushes no parent, and leaves nothing running", async () => {
    const failure = new StoreError("DENIED", "Cannot push: no");
    to.before = ({ method, about }) => {
      if (method === "push" && about === arm64.layers[1]?.digest) throw failure;
    };

    const error: unknown = await copy(v1(), target()).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({ code: "DENIED", side: "target", operation: "push", cause: failure });
    expect([from.running, to.running]).toEqual([0, 0]);
    expect(to.about("push")).not.toContain(index.digest);
    await expect(to.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("begins nothing more, and ends what hangs", async () => {
    const run = new CopyRun({ concurrency: 2 });
    to.before = async ({ method, about }, options) => {
      if (method !== "push") return;
      if (about === amd64.config.digest) await untilAborted(options);
      await turns();
      throw new StoreError("DENIED", "Cannot push: no");
    };

    await expect(copy(v1(), target(), { run })).rejects.toMatchObject({ code: "DENIED" });
    expect(to.about("push")).toHaveLength(2);
    expect(to.running).toBe(0);
  });

  it("waits for the manifests that it was reading when another one failed", async () => {
    from.before = async ({ method, about }, options) => {
      if (method !== "fetch") return;
      if (about === amd64.manifest.digest) throw new StoreError("MANIFEST_UNKNOWN", "Cannot fetch: none");
      await untilAborted(options).finally(() => turns());
    };

    await expect(copy(v1(), target())).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", side: "source" });
    expect(from.running).toBe(0);
  });

  it("says that the source sent wrong bytes, and leaves neither blob nor tag", async () => {
    const layer = amd64.layers[1] as Descriptor;
    const fetch = from.fetch.bind(from);
    from.fetch = async (descriptor, options) =>
      descriptor.digest === layer.digest ? once(Buffer.alloc(layer.size, "x")) : fetch(descriptor, options);

    await expect(copy(v1(), target())).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      side: "source",
      descriptor: layer,
    });
    expect(await to.has(layer)).toBe(false);
    await expect(to.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("rejects an abort with the signal's own reason, leaves nothing running and no listener", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    to.before = ({ method, about }) => {
      if (method === "push" && about === amd64.layers[1]?.digest) controller.abort(reason);
    };

    await expect(copy(v1(), target(), { signal: controller.signal })).rejects.toBe(reason);
    expect([from.running, to.running]).toEqual([0, 0]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("leaves no listener on a long-lived signal when it succeeds", async () => {
    const { signal } = new AbortController();
    await copy(v1(), target(), { signal });

    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("does not fail an image whose shared blob another image gave up", async () => {
    const run = new CopyRun();
    const controller = new AbortController();
    let first = true;
    to.before = async ({ method, about }) => {
      if (method !== "push" || about !== amd64.layers[0]?.digest || !first) return;
      first = false;
      // The other image waits for this push now.
      await turns();
      controller.abort(new Error("gave up"));
      controller.signal.throwIfAborted();
    };
    const [given, kept] = await Promise.allSettled([
      copy({ store: from, reference: amd64.manifest.digest }, target("given-up"), { run, signal: controller.signal }),
      copy({ store: from, reference: arm64.manifest.digest }, target("kept"), { run }),
    ]);

    expect(given.status).toBe("rejected");
    expect(kept.status).toBe("fulfilled");
    expect((await to.resolve("kept")).digest).toBe(arm64.manifest.digest);
  });

  it("refuses an index that contains itself", async () => {
    const run = new CopyRun();
    const document = { schemaVersion: 2, mediaType: index.mediaType, manifests: [{ ...index }] };
    // No index can name its own digest; a cache that was lied to stands for the source that finds one.
    run.manifests.set(index.digest, Buffer.from(JSON.stringify(document)));
    from.open = async () => ({ descriptor: index, bytes: Buffer.from(JSON.stringify(document)) });

    await expect(copy(v1(), target(), { run })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: /contains itself/,
    });
  });
});

describe("copy() to a target that misses children", () => {
  const missing = () =>
    new RegistryError("MANIFEST_BLOB_UNKNOWN", "Cannot push manifest", { method: "PUT", url: "http://r.example/" });

  it("waits for a target that shows its blobs late", async () => {
    let refusals = 2;
    to.before = ({ method, about }) => {
      if (method === "push" && about === amd64.manifest.digest && refusals-- > 0) throw missing();
    };
    await copy(v1(), target());

    expect(to.about("push").filter((digest) => digest === amd64.manifest.digest)).toHaveLength(3);
    expect((await to.resolve("v1")).digest).toBe(index.digest);
  });

  it("sends a blob again, once, that the target lost", async () => {
    const lost = amd64.layers[1] as Descriptor;
    let refusals = 0;
    let present = true;
    to.before = ({ method, about }) => {
      if (method === "push" && about === lost.digest) present = true;
      if (method === "push" && about === amd64.manifest.digest && refusals++ === 0) present = false;
      if (method === "push" && about === amd64.manifest.digest && !present) throw missing();
    };
    const has = to.has.bind(to);
    to.has = async (descriptor, options) => (descriptor.digest === lost.digest ? present : has(descriptor, options));
    const events: CopyEvent[] = [];

    await copy(v1(), target(), { onEvent: (event) => events.push(event) });

    expect(to.about("push").filter((digest) => digest === lost.digest)).toHaveLength(2);
    expect(events.filter(({ type }) => type === "notice")).toHaveLength(1);
  });

  describe.each([
    ["HEAD finds nothing", false, []],
    ["HEAD fails for it", new RegistryError("PROTOCOL", "", { method: "HEAD", url: "", status: 500 }), []],
    ["HEAD shows it, and the refusal names it", true, ["named"]],
    ["HEAD shows it, and the refusal does not name it", true, []],
  ] as const)("where the target claims to have mounted a blob: %s", (_, shown, detail) => {
    /** A target that stores one blob only where it is sent anew. */
    function claiming(lost: Descriptor): void {
      const [push, has] = [to.push.bind(to), to.has.bind(to)];
      let isStored = false;
      to.push = async (descriptor, open, options = {}) => {
        if (descriptor.digest !== lost.digest) return push(descriptor, open, options);
        if (options.anew !== true) {
          to.calls.push({ method: "push", about: lost.digest });
          return "mounted";
        }
        isStored = true;
        return push(descriptor, open, options);
      };
      to.has = async (descriptor, options) => {
        if (descriptor.digest !== lost.digest || isStored) return has(descriptor, options);
        if (typeof shown === "boolean") return shown;
        throw shown;
      };
      const errors = detail.map(() => ({ code: "MANIFEST_BLOB_UNKNOWN", detail: lost.digest }));
      to.before = ({ method, about }) => {
        if (method !== "push" || about !== amd64.manifest.digest || isStored) return;
        const init = { method: "PUT", url: "http://r.example/", errors };
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN", "Cannot push manifest", init);
      };
    }

    it("sends it without a mount, and mounts it from nowhere any more", async () => {
      const lost = amd64.layers[1] as Descriptor;
      claiming(lost);
      const run = new CopyRun();
      run.holds(new RecordingStore(new MemoryStore("holder"), { ...REGISTRY, repository: "holder" }), lost.digest);
      await copy(v1(), target(), { run });

      expect((await to.resolve("v1")).digest).toBe(index.digest);
      expect(to.about("push").filter((digest) => digest === lost.digest)).toHaveLength(2);
      const other = new RecordingStore(new MemoryStore("other"), { ...REGISTRY, repository: "other" });
      expect(run.holders(other, lost.digest)).toEqual([]);
    });

    it("sends it once where several images were refused for it", async () => {
      const lost = amd64.layers[1] as Descriptor;
      claiming(lost);
      const run = new CopyRun();
      await Promise.all(["v1", "v2", "v3"].map((tag) => copy(v1(), target(tag), { run })));

      expect(to.about("push").filter((digest) => digest === lost.digest)).toHaveLength(2);
      for (const tag of ["v1", "v2", "v3"]) expect((await to.resolve(tag)).digest).toBe(index.digest);
    });
  });

  it("looks at all that the target says: distribution 2.8 may name another code first", async () => {
    const errors = [{ code: "DIGEST_INVALID" }, { code: "MANIFEST_BLOB_UNKNOWN" }];
    let refusals = 1;
    to.before = ({ method, about }) => {
      if (method !== "push" || about !== index.digest || refusals-- <= 0) return;
      throw new RegistryError("DIGEST_INVALID", "Cannot push", {
        method: "PUT",
        url: "http://r.example/",
        status: 400,
        errors,
      });
    };
    await copy(v1(), target());

    expect(to.about("push").filter((digest) => digest === index.digest)).toHaveLength(2);
  });

  it("gives up where the children are there and the manifest is refused all the same", async () => {
    to.before = ({ method, about }) => {
      if (method === "push" && about === amd64.manifest.digest) throw missing();
    };

    await expect(copy(v1(), target())).rejects.toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN", side: "target" });
    expect(to.about("push").filter((digest) => digest === amd64.manifest.digest)).toHaveLength(4);
  });
});

describe("copy() with events", () => {
  it("tells of every byte that was taken, and ends each piece of content", async () => {
    const events: CopyEvent[] = [];
    const result = await copy(v1(), target(), { onEvent: (event) => events.push(event) });

    const bytes = events.filter((event) => event.type === "bytes").reduce((sum, event) => sum + event.bytes, 0);
    expect(bytes).toBe(result.moved.bytes);
    expect(events.filter(({ type }) => type === "done")).toHaveLength(8);
    expect(events.filter(({ type }) => type === "planned")).toHaveLength(8);
    expect(events.at(-1)).toMatchObject({ type: "tagged", reference: "v1", from: "source:v1", to: "target:v1" });
  });
});

describe("copy() with requests that are sent again", () => {
  it("tells of them, in the plan and in the transfers, and whether the registry asked to wait", async () => {
    const retry = {
      method: "PUT",
      kind: "upload",
      host: "r.example",
      attempt: 1,
      delayMs: 5,
      error: new Error("busy"),
    } as const;
    from.before = ({ method }, { onRetry }) => {
      if (method === "open") onRetry?.({ ...retry, throttled: false });
    };
    to.before = ({ method, about }, { onRetry }) => {
      if (method === "push" && about === amd64.config.digest) onRetry?.({ ...retry, throttled: true });
    };
    const events: CopyEvent[] = [];
    await copy(v1(), target(), { onEvent: (event) => events.push(event) });

    const names = { from: "source:v1", to: "target:v1" };
    expect(events.filter(({ type }) => type === "retrying")).toEqual([{ ...names, type: "retrying", ...retry }]);
    expect(events.filter(({ type }) => type === "throttled")).toEqual([{ ...names, type: "throttled", ...retry }]);
  });

  it("tells from where content goes on", async () => {
    const push = to.push.bind(to);
    to.push = async (descriptor, open, options) => {
      if (descriptor.digest === amd64.config.digest) for await (const _ of await open(0)) break;
      return push(descriptor, open, options);
    };
    const events: CopyEvent[] = [];
    await copy(v1(), target(), { onEvent: (event) => events.push(event) });

    expect(events.filter(({ type }) => type === "resumed")).toMatchObject([{ descriptor: amd64.config, offset: 0 }]);
  });
});

describe("copy() of referrers", () => {
  it("takes what names the image or its manifests as subject, and what names that", async () => {
    const sbom = await buildArtifact(from, "application/spdx+json", amd64.manifest);
    const signature = await buildArtifact(from, "application/vnd.dev.cosign", sbom);
    const onIndex = await buildArtifact(from, "application/vnd.dev.cosign", index);

    await copy(v1(), target(), { referrers: true });

    for (const { digest } of [sbom, signature, onIndex]) {
      expect(parseManifest((await to.open(digest)).bytes).subject).toBeDefined();
    }
  });

  it("finds new ones of an image that is unchanged, and sends only those", async () => {
    await copy(v1(), target(), { referrers: true });
    const late = await buildArtifact(from, "application/vnd.dev.cosign", arm64.manifest);
    to.calls.length = 0;

    const result = await copy(v1(), target(), { referrers: true });

    expect(result.outcome).toBe("unchanged");
    expect(to.about("push")).toContain(late.digest);
    expect(to.about("push")).not.toContain(index.digest);
  });

  it("leaves them where they are when not asked for", async () => {
    const sbom = await buildArtifact(from, "application/spdx+json", amd64.manifest);
    from.calls.length = 0;
    await copy(v1(), target());

    expect(from.about("referrers")).toEqual([]);
    expect(await to.has(sbom)).toBe(false);
  });
});

async function memoryOf(store: RecordingStore): Promise<MemoryStore> {
  const memory = new MemoryStore("source");
  await copy({ store, reference: "v1" }, { store: memory, reference: "v1" });
  return memory;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

describe("copy() to a target whose tags are immutable", () => {
  const refused = () =>
    new RegistryError("TAG_INVALID", "the tag is immutable", { method: "PUT", url: "http://r.example/", status: 400 });

  it("takes the refusal for success where the tag has that digest", async () => {
    to.before = async ({ method, about }, { reference }) => {
      if (method !== "push" || about !== index.digest || reference !== "v1") return;
      to.before = () => {};
      // Another one was faster.
      await copy(v1(), target());
      throw refused();
    };
    const result = await copy(v1(), target());
    expect(result).toMatchObject({ outcome: "copied", root: { digest: index.digest } });
  });

  it("fails where it has another one", async () => {
    await copy({ store: from, reference: amd64.manifest.digest }, target());
    to.before = ({ method, about }) => {
      if (method === "push" && about === index.digest) throw refused();
    };
    await expect(copy(v1(), target())).rejects.toMatchObject({ code: "TAG_INVALID", side: "target" });
    expect((await to.resolve("v1")).digest).toBe(amd64.manifest.digest);
  });
});
