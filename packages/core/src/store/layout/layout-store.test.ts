import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../content/digest.ts";
import { readVerified } from "../../content/verify.ts";
import type { LayoutStore } from "./layout-store.ts";
import { openLayout } from "./open-layout.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

let parent: string;
let dir: string;
let store: LayoutStore;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "tranship-layout-"));
  dir = join(parent, "layout");
  store = await openLayout(dir, { create: true });
});

afterEach(() => rm(parent, { recursive: true }));

async function push(text: string, mediaType = "text/plain", reference?: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await store.push(descriptor, async () => pieces(bytes), { reference });
  return descriptor;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

async function pushImage(name: string, reference?: string, subject?: Descriptor): Promise<Descriptor> {
  const config = await push(`{"name":"${name}"}`, "application/vnd.oci.image.config.v1+json");
  return push(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [], subject }),
    MANIFEST,
    reference,
  );
}

function pushIndex(manifests: readonly Descriptor[], reference?: string): Promise<Descriptor> {
  return push(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), INDEX, reference);
}

const fileOf = ({ digest }: Descriptor): string => join(dir, "blobs", ...digest.split(":"));
const listed = async (): Promise<string[]> =>
  JSON.parse(await readFile(join(dir, "index.json"), "utf8")).manifests.map((entry: Descriptor) => entry.digest);

describe("LayoutStore, what index.json lists", () => {
  it("push() lists a manifest without a tag until an index has it", async () => {
    const first = await pushImage("first");
    const second = await pushImage("second");
    expect(await listed()).toEqual([first.digest, second.digest]);
    const index = await pushIndex([first, second]);
    expect(await listed()).toEqual([index.digest]);
    expect(await store.only()).toEqual(index);
    await pushImage("first");
    expect(await listed()).toEqual([index.digest]);
    expect(await store.resolve(first.digest)).toEqual(first);
  });

  it("push() keeps a child listed that has a tag of its own", async () => {
    const child = await pushImage("child", "child");
    const index = await pushIndex([child], "index");
    expect(await listed()).toEqual([child.digest, index.digest]);
  });

  it("push() lists a manifest again whose file is there but that nothing names", async () => {
    const image = await pushImage("image");
    await writeFile(join(dir, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    await pushImage("image");
    expect(await listed()).toEqual([image.digest]);
  });

  it("only() is not confused by referrers without a tag", async () => {
    const image = await pushImage("image");
    await pushImage("signature", undefined, image);
    expect((await store.only()).digest).toBe(image.digest);
    await pushImage("another");
    await expect(store.only()).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("referrers() finds those that only a fallback index lists, as regctl writes it", async () => {
    const image = await pushImage("image", "v1");
    const signature = await pushImage("signature", undefined, image);
    await pushIndex([signature], image.digest.replace(":", "-"));
    expect(await listed()).not.toContain(signature.digest);
    expect((await Array.fromAsync(store.referrers(image))).map(({ digest }) => digest)).toEqual([signature.digest]);
  });
});

describe("LayoutStore, damaged and hostile layouts", () => {
  it("fetch() refuses a file of the wrong size before it gives any byte, and push() replaces it", async () => {
    const blob = await push("the content");
    await truncate(fileOf(blob), 3);
    await expect(store.fetch(blob)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
    expect(await store.has(blob)).toBe(false);
    await push("the content");
    expect(Buffer.from(await readVerified(await store.fetch(blob), blob)).toString()).toBe("the content");
  });

  it("fetch() rejects where the file ends early while it is read", async () => {
    const blob = await push("x".repeat(3 * 1024 * 1024));
    const reading = (async () => {
      for await (const _ of await store.fetch(blob)) await truncate(fileOf(blob), 1024 * 1024);
    })();
    await expect(reading).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it("a damaged manifest is not served, and push() replaces it", async () => {
    const image = await pushImage("image", "v1");
    const text = await readFile(fileOf(image), "utf8");
    await writeFile(fileOf(image), text.replace("config.v1", "config.v2"));
    await expect(store.open("v1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await store.has(image)).toBe(false);
    await pushImage("image", "v1");
    expect((await store.open("v1")).descriptor.digest).toBe(image.digest);
  });

  it("resolve() does not find a tag whose manifest is gone or cut off", async () => {
    const image = await pushImage("image", "v1");
    await truncate(fileOf(image), 5);
    await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await unlink(fileOf(image));
    await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("a blob that is a link out of the layout is refused, one within it is read", async () => {
    const secret = join(parent, "secret");
    await writeFile(secret, "secret!");
    const blob = await push("content");
    await unlink(fileOf(blob));
    await symlink(secret, fileOf(blob));
    await expect(store.fetch(blob)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await expect(store.has(blob)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await unlink(fileOf(blob));
    await writeFile(join(dir, "blobs", "shared"), "content");
    await symlink("../shared", fileOf(blob));
    expect(Buffer.from(await readVerified(await store.fetch(blob), blob)).toString()).toBe("content");
  });

  it.each(["blobs", "blobs/sha256", ".tranship"])("nothing is written through a link at %s", async (name) => {
    const outside = join(parent, "outside");
    await mkdir(outside);
    await rm(join(dir, name), { recursive: true, force: true });
    await symlink(outside, join(dir, name));
    await expect(push("content")).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(await readdir(outside)).toEqual([]);
  });

  it.each(["sha256:../../../secret", `sha256:${"0".repeat(63)}/`, "../x:y", "sha512:..", "md5:00"] as const)(
    "the digest %s is refused",
    async (digest) => {
      await writeFile(join(parent, "secret"), "secret!");
      const descriptor: Descriptor = { mediaType: "text/plain", digest, size: 7 };
      const never = () => Promise.reject(new Error("opened"));
      await expect(store.fetch(descriptor)).rejects.toThrow(SyntaxError);
      await expect(store.push(descriptor, never)).rejects.toThrow(SyntaxError);
      await expect(store.delete(descriptor)).rejects.toThrow(SyntaxError);
    },
  );

  it("open() refuses a manifest over 4 MiB", async () => {
    const image = await pushImage("image", "v1");
    const size = 4 * 1024 * 1024 + 1;
    await truncate(fileOf(image), size);
    const index = await readFile(join(dir, "index.json"), "utf8");
    await writeFile(join(dir, "index.json"), index.replace(`"size":${image.size}`, `"size":${size}`));
    await expect(store.open("v1")).rejects.toMatchObject({ code: "MANIFEST_TOO_LARGE" });
  });
});

describe("LayoutStore with other writers", () => {
  it("two processes that add 50 tags each lose none", async () => {
    await Promise.all(["one", "two"].map((name) => run(tagMany(name, 50))));
    const expected = ["one", "two"].flatMap((name) => Array.from({ length: 50 }, (_, at) => `${name}-${at}`));
    expect((await Array.fromAsync(store.tags())).toSorted()).toEqual(expected.toSorted());
    expect((await readdir(dir)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("a writer that is killed again and again leaves a layout that is whole and can be written", async () => {
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", tagMany(`round-${round}`, 10_000)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
      const survivor = await pushImage(`survivor ${round}`, `survivor-${round}`);
      expect((await store.resolve(`survivor-${round}`)).digest).toBe(survivor.digest);
    }
    for await (const tag of store.tags()) expect((await store.open(tag)).bytes.length).toBeGreaterThan(0);
    for (const name of await readdir(join(dir, "blobs", "sha256"))) {
      expect(digestOf(await readFile(join(dir, "blobs", "sha256", name)))).toBe(`sha256:${name}`);
    }
  });

  it("what a crashed writer left is removed a day later, what may still be written is not", async () => {
    const workspace = join(dir, ".tranship");
    await mkdir(workspace);
    await writeFile(join(workspace, "old.partial"), "x");
    await writeFile(join(workspace, "new.partial"), "x");
    const long = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(workspace, "old.partial"), long, long);
    store = await openLayout(dir);
    await push("content");
    expect(await readdir(workspace)).toEqual(["new.partial"]);
  });

  it("a change that waits for others ends with the signal's reason", async () => {
    const image = await pushImage("image", "v1");
    const reason = new Error("aborted by the test");
    const controller = new AbortController();
    const first = store.tag(image, "v2");
    const second = store.tag(image, "v3", { signal: controller.signal });
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    await first;
    expect(await Array.fromAsync(store.tags())).toEqual(["v1", "v2"]);
  });
});

/** A program that pushes one image under many tags, saying so after the first. */
function tagMany(name: string, count: number): string {
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    const { openLayout } = await import(${module("./open-layout.ts")});
    const { digestOf } = await import(${module("../../content/digest.ts")});
    const store = await openLayout(${JSON.stringify(dir)});
    const config = { mediaType: "a/b", digest: digestOf(Buffer.from("{}")), size: 2 };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: "${MANIFEST}", config, layers: [] }) + "${name}".replace(/./g, " "));
    const descriptor = { mediaType: "${MANIFEST}", digest: digestOf(bytes), size: bytes.length };
    for (let at = 0; at < ${count}; at += 1) {
      await store.push(descriptor, async () => (async function* () { yield bytes; })(), { reference: "${name}-" + at });
      if (at === 0) process.stdout.write("begun");
    }
  `;
}

async function run(program: string): Promise<void> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
}
