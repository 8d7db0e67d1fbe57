import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestLayout } from "../../../../../test/support/test-layout.ts";
import { digestOf } from "../../digest/digest.ts";
import type { LayoutStore } from "./layout-store.ts";
import { openLayout } from "./open-layout.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

let layout: TestLayout;
let dir: string;
let store: LayoutStore;

beforeEach(async () => {
  layout = await TestLayout.create();
  ({ dir, store } = layout);
});

afterEach(() => layout[Symbol.asyncDispose]());

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
      const survivor = await layout.pushImage(`survivor ${round}`, `survivor-${round}`);
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
    await layout.push("content");
    expect(await readdir(workspace)).toEqual(["new.partial"]);
  });

  it("a change that waits for others ends with the signal's reason", async () => {
    const image = await layout.pushImage("image", "v1");
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
    const { digestOf } = await import(${module("../../digest/digest.ts")});
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
