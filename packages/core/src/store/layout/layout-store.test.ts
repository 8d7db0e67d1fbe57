import { mkdir, readdir, readFile, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestLayout } from "../../../../../test/support/test-layout.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { readVerified } from "../../content/verify.ts";
import type { LayoutStore } from "./layout-store.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

let layout: TestLayout;
let parent: string;
let dir: string;
let store: LayoutStore;

beforeEach(async () => {
  layout = await TestLayout.create();
  ({ parent, dir, store } = layout);
});

afterEach(() => layout[Symbol.asyncDispose]());

function pushIndex(manifests: readonly Descriptor[], reference?: string): Promise<Descriptor> {
  return layout.push(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), INDEX, reference);
}

const fileOf = ({ digest }: Descriptor): string => join(dir, "blobs", ...digest.split(":"));
const listed = async (): Promise<string[]> =>
  JSON.parse(await readFile(join(dir, "index.json"), "utf8")).manifests.map((entry: Descriptor) => entry.digest);

describe("LayoutStore, what index.json lists", () => {
  it("push() lists a manifest without a tag until an index has it", async () => {
    const first = await layout.pushImage("first");
    const second = await layout.pushImage("second");
    expect(await listed()).toEqual([first.digest, second.digest]);
    const index = await pushIndex([first, second]);
    expect(await listed()).toEqual([index.digest]);
    expect(await store.only()).toEqual(index);
    await layout.pushImage("first");
    expect(await listed()).toEqual([index.digest]);
    expect(await store.resolve(first.digest)).toEqual(first);
  });

  it("push() keeps a child listed that has a tag of its own", async () => {
    const child = await layout.pushImage("child", "child");
    const index = await pushIndex([child], "index");
    expect(await listed()).toEqual([child.digest, index.digest]);
  });

  it("push() lists a manifest again whose file is there but that nothing names", async () => {
    const image = await layout.pushImage("image");
    await writeFile(join(dir, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    await layout.pushImage("image");
    expect(await listed()).toEqual([image.digest]);
  });

  it("only() is not confused by referrers without a tag", async () => {
    const image = await layout.pushImage("image");
    await layout.pushImage("signature", undefined, image);
    expect((await store.only()).digest).toBe(image.digest);
    await layout.pushImage("another");
    await expect(store.only()).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("referrers() finds those that only a fallback index lists, as regctl writes it", async () => {
    const image = await layout.pushImage("image", "v1");
    const signature = await layout.pushImage("signature", undefined, image);
    await pushIndex([signature], image.digest.replace(":", "-"));
    expect(await listed()).not.toContain(signature.digest);
    expect((await Array.fromAsync(store.referrers(image))).map(({ digest }) => digest)).toEqual([signature.digest]);
  });
});

describe("LayoutStore, damaged and hostile layouts", () => {
  it("fetch() refuses a file of the wrong size before it gives any byte, and push() replaces it", async () => {
    const blob = await layout.push("the content");
    await truncate(fileOf(blob), 3);
    await expect(store.fetch(blob)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
    expect(await store.has(blob)).toBe(false);
    await layout.push("the content");
    expect(Buffer.from(await readVerified(await store.fetch(blob), blob)).toString()).toBe("the content");
  });

  it("fetch() rejects where the file ends early while it is read", async () => {
    const blob = await layout.push("x".repeat(3 * 1024 * 1024));
    const reading = (async () => {
      for await (const _ of await store.fetch(blob)) await truncate(fileOf(blob), 1024 * 1024);
    })();
    await expect(reading).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it("a damaged manifest is not served, and push() replaces it", async () => {
    const image = await layout.pushImage("image", "v1");
    const text = await readFile(fileOf(image), "utf8");
    await writeFile(fileOf(image), text.replace("config.v1", "config.v2"));
    await expect(store.open("v1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await store.has(image)).toBe(false);
    await layout.pushImage("image", "v1");
    expect((await store.open("v1")).descriptor.digest).toBe(image.digest);
  });

  it("resolve() does not find a tag whose manifest is gone or cut off", async () => {
    const image = await layout.pushImage("image", "v1");
    await truncate(fileOf(image), 5);
    await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await unlink(fileOf(image));
    await expect(store.resolve("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("a blob that is a link out of the layout is refused, one within it is read", async () => {
    const secret = join(parent, "secret");
    await writeFile(secret, "secret!");
    const blob = await layout.push("content");
    await unlink(fileOf(blob));
    await symlink(secret, fileOf(blob));
    await expect(store.fetch(blob)).rejects.toMatchObject({ code: "LINK_REFUSED" });
    await expect(store.has(blob)).rejects.toMatchObject({ code: "LINK_REFUSED" });
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
    const code = name === ".tranship" ? "LAYOUT_INVALID" : "LINK_REFUSED";
    await expect(layout.push("content")).rejects.toMatchObject({ code });
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
    const image = await layout.pushImage("image", "v1");
    const size = 4 * 1024 * 1024 + 1;
    await truncate(fileOf(image), size);
    const index = await readFile(join(dir, "index.json"), "utf8");
    await writeFile(join(dir, "index.json"), index.replace(`"size":${image.size}`, `"size":${size}`));
    await expect(store.open("v1")).rejects.toMatchObject({ code: "MANIFEST_TOO_LARGE" });
  });
});
