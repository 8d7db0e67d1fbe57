import { type Descriptor, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Registry } from "@tranship/core";
import { describe, expect, it } from "vitest";
import {
  failed,
  type Script,
  type ScriptedAnswer,
  type ScriptedRegistry,
  scriptedRegistry,
  sha256,
} from "../../../../test/support/scripted-registry.ts";
import { type VerifyOptions, verifyMirrors } from "./verify-mirrors.ts";
import type { VerifyResult } from "./verify-result.ts";

const LAYER_BYTES = Buffer.from("the bytes of a layer");
const CONFIG_BYTES = Buffer.from("{}");
const LAYER = { mediaType: OCI_LAYER, digest: sha256(LAYER_BYTES), size: LAYER_BYTES.length };
const CONFIG = { mediaType: OCI_CONFIG, digest: sha256(CONFIG_BYTES), size: CONFIG_BYTES.length };
const BLOB = `/v2/app/blobs/${LAYER.digest}`;

function manifest(extra: object): { readonly bytes: Buffer; readonly descriptor: Descriptor } {
  const { mediaType = OCI_MANIFEST } = extra as { readonly mediaType?: string };
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...extra }));
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.length } };
}

const IMAGE = manifest({ config: CONFIG, layers: [LAYER] });

/** Puts content into a registry, whatever it is worth. */
function fill(
  { blobs, manifests }: ScriptedRegistry,
  tags: Readonly<Record<string, ReturnType<typeof manifest>>>,
): void {
  blobs.set(`app@${LAYER.digest}`, LAYER_BYTES);
  blobs.set(`app@${CONFIG.digest}`, CONFIG_BYTES);
  for (const [tag, { bytes, descriptor }] of Object.entries(tags)) {
    const stored = { mediaType: descriptor.mediaType, bytes };
    manifests.set(`app:${tag}`, stored).set(`app@${descriptor.digest}`, stored);
  }
}

interface Pair extends AsyncDisposable {
  readonly from: ScriptedRegistry;
  readonly to: ScriptedRegistry;
  verify(tag: string, options?: VerifyOptions): Promise<VerifyResult>;
  /** What the target was asked of the layer. */
  readonly asked: () => readonly string[];
}

/** A source and a target with the same content; the target answers as the script says. */
async function pair(
  tags: Readonly<Record<string, ReturnType<typeof manifest>>> = { v1: IMAGE },
  script?: Script,
): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const from = stack.use(await scriptedRegistry());
  const to = stack.use(await scriptedRegistry(script));
  for (const server of [from, to]) fill(server, tags);
  const [source, target] = [from, to].map(({ host }) => {
    const registry = new Registry({ host, plainHttp: true, retry: { attempts: 2, baseDelayMs: 1 } });
    return stack.use(registry).repository("app");
  });
  if (source === undefined || target === undefined) throw new Error("two registries");
  const stores = { source: async () => source, target: async () => target };
  const kept = stack.move();
  return {
    from,
    to,
    verify: (tag, options) =>
      verifyMirrors([{ mirror: "app", from: "app", targets: [{ to: "app" }], tags: [tag] }], stores, options),
    asked: () => to.log.flatMap((line) => (line.endsWith(` ${BLOB}`) ? [line.split(" ")[0] ?? ""] : [])),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The HEAD of the layer says this; its GET gives this where it is given. */
function states(headers: Readonly<Record<string, string | number>>, body?: ScriptedAnswer): Script {
  return ({ method, path }) => {
    if (path !== BLOB) return undefined;
    return method === "HEAD" ? { status: 200, headers } : method === "GET" ? body : undefined;
  };
}

describe("verifyMirrors() and the length that a HEAD states", () => {
  const SIZE = LAYER.size;

  it.each<[string, Readonly<Record<string, string | number>>, readonly string[]]>([
    ["the same length", { "content-length": SIZE }, ["HEAD"]],
    ["no length", { "transfer-encoding": "chunked" }, ["HEAD", "GET"]],
    ["that of an encoded body", { "content-length": 7, "content-encoding": "gzip" }, ["HEAD", "GET"]],
    ["0, as proxies do", { "content-length": 0 }, ["HEAD", "GET"]],
    ["a shorter one", { "content-length": SIZE - 1 }, ["HEAD", "GET"]],
    ["a longer one", { "content-length": SIZE + 1 }, ["HEAD", "GET"]],
    ["another one, not encoded", { "content-length": 7, "content-encoding": "identity" }, ["HEAD", "GET"]],
  ])("deletes and reports nothing of a blob that is right, whatever it states: %s", async (_, headers, asked) => {
    await using setup = await pair(undefined, states(headers));
    const result = await setup.verify("v1", { repair: true });
    expect(result).toMatchObject({ ok: true, outcomes: { same: 1 }, blobs: { count: 2 } });
    expect(setup.asked()).toEqual(asked);
  });

  it.each([
    ["no bytes", Buffer.alloc(0)],
    ["fewer bytes", LAYER_BYTES.subarray(3)],
    ["more bytes", Buffer.concat([LAYER_BYTES, LAYER_BYTES])],
  ])("reads and hashes a blob whose length differs before it reports that: %s", async (_, stored) => {
    await using setup = await pair();
    setup.to.blobs.set(`app@${LAYER.digest}`, stored);
    for (const deep of [false, true]) {
      const { images } = await setup.verify("v1", { deep });
      expect(images.flatMap(({ differences }) => differences)).toEqual([
        { kind: "blob", problem: "corrupt", found: sha256(stored), ...LAYER },
      ]);
    }
    expect(await setup.verify("v1", { repair: true })).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
    expect(setup.to.blobs.get(`app@${LAYER.digest}`)).toEqual(LAYER_BYTES);
  });

  it.each<[string, ScriptedAnswer, object]>([
    ["a web page", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }, { failed: 1 }],
    ["a failure", failed(500, "UNKNOWN"), { failed: 1 }],
    ["a refusal", failed(403, "DENIED"), { failed: 1 }],
    ["a body that breaks off", { status: 200, body: LAYER_BYTES, breakAfter: 4 }, { failed: 1 }],
    ["nothing", failed(404, "BLOB_UNKNOWN"), { different: 1 }],
  ])("deletes nothing where the read that should confirm it brings %s", async (_, answer, outcomes) => {
    await using setup = await pair(undefined, states({ "content-length": 1 }, answer));
    const result = await setup.verify("v1", { repair: true });
    expect(result).toMatchObject({ ok: false, outcomes });
    expect(setup.asked()).not.toContain("DELETE");
    expect(setup.to.blobs.get(`app@${LAYER.digest}`)).toEqual(LAYER_BYTES);
  });
});

describe("verifyMirrors() and a HEAD that finds no blob", () => {
  it.each([404, 403, 405])("asks by GET before it says that the blob is missing: %i", async (status) => {
    await using setup = await pair(undefined, ({ method }) => (method === "HEAD" ? { status } : undefined));
    expect(await setup.verify("v1", { repair: true })).toMatchObject({ ok: true, outcomes: { same: 1 } });
    expect(setup.to.log.filter((line) => !/^(?:HEAD|GET) /.test(line))).toEqual([]);
    setup.to.blobs.delete(`app@${LAYER.digest}`);
    expect(await setup.verify("v1")).toMatchObject({ ok: false, outcomes: { different: 1 } });
  });
});

describe("verifyMirrors() and a size that a manifest states", () => {
  const wrong = manifest({ config: CONFIG, layers: [{ ...LAYER, size: LAYER.size + 1 }] });

  it.each([false, true])(
    "calls the manifest wrong, and leaves the blob that another image has too: deep %s",
    async (deep) => {
      await using setup = await pair({ good: IMAGE, wrong });
      for (const repair of [false, true]) {
        const result = await setup.verify("wrong", { deep, repair });
        expect(result).toMatchObject({ ok: false, outcomes: { different: 1 } });
        expect(result.images.flatMap(({ differences }) => differences)).toMatchObject([
          { kind: "blob", problem: "size", digest: LAYER.digest, size: LAYER.size + 1, foundSize: LAYER.size },
        ]);
      }
      expect(setup.asked()).not.toContain("DELETE");
      expect(await setup.verify("good", { deep: true })).toMatchObject({ ok: true });
    },
  );

  it("goes by the digest of a manifest where an index states another size of it", async () => {
    const { digest, size, mediaType } = IMAGE.descriptor;
    const index = manifest({ mediaType: OCI_INDEX, manifests: [{ mediaType, digest, size: size + 5 }] });
    await using setup = await pair({ v1: index, image: IMAGE });
    expect(await setup.verify("v1", { repair: true })).toMatchObject({ ok: true, manifests: { count: 2 } });
    setup.to.blobs.delete(`app@${LAYER.digest}`);
    const { images } = await setup.verify("v1");
    expect(images.flatMap(({ differences }) => differences)).toMatchObject([{ kind: "blob", digest: LAYER.digest }]);
  });

  it("goes by the digest of a tag's manifest where its HEAD states another size of it", async () => {
    const { digest, mediaType } = IMAGE.descriptor;
    await using setup = await pair(undefined, ({ method, path }) =>
      method === "HEAD" && path === "/v2/app/manifests/v1"
        ? { status: 200, headers: { "content-length": 5, "docker-content-digest": digest, "content-type": mediaType } }
        : undefined,
    );
    expect(await setup.verify("v1", { repair: true })).toMatchObject({ ok: true, outcomes: { same: 1 } });
    expect(setup.to.log.filter((line) => line.startsWith("PUT"))).toEqual([]);
  });

  it("says that a document which is no manifest could not be compared, and repairs nothing", async () => {
    const odd = manifest({ config: "none", layers: 5 });
    await using setup = await pair({ odd });
    const result = await setup.verify("odd", { repair: true });
    expect(result).toMatchObject({ ok: false, outcomes: { failed: 1 } });
    expect(setup.to.log.filter((line) => !/^(?:HEAD|GET) /.test(line))).toEqual([]);
  });
});

describe("verifyMirrors() of blobs that were sent", () => {
  it("replaces one that was mounted from where its bytes are wrong too", async () => {
    // What a self-mount finds in the storage.
    let isMounted = false;
    await using spoiled = await pair(undefined, ({ method, path }) => {
      if (method !== "POST" || !path.includes(`mount=${encodeURIComponent(LAYER.digest)}`) || isMounted)
        return undefined;
      isMounted = true;
      spoiled.to.blobs.set(`app@${LAYER.digest}`, Buffer.alloc(LAYER.size, "x"));
      return { status: 201 };
    });
    spoiled.to.blobs.delete(`app@${LAYER.digest}`);
    const result = await spoiled.verify("v1", { repair: true });
    expect(result).toMatchObject({ ok: true, outcomes: { repaired: 1 } });
    expect(isMounted).toBe(true);
    expect(spoiled.to.blobs.get(`app@${LAYER.digest}`)).toEqual(LAYER_BYTES);
  });
});
