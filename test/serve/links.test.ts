import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Descriptor, openLayout } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { pushBlob, send, startUpload } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { pushEmptyBlob, someBytes } from "./sample-content.ts";

/** Where links lead. */
const outside = (dir: string): string => join(dir, "..", "outside");

async function everythingIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}

describe("serve(), writable, with a link in its folder", () => {
  it.each([
    ["the repository", "app", "app"],
    ["a part of its name", "team", "team/app"],
    ["a part of its name, deep", "team", "team/a/b/app"],
    ["its blobs", "app/blobs", "app"],
    ["its blobs of one algorithm", "app/blobs/sha256", "app"],
    ["the folder of work", ".tranship", "app"],
    ["the uploads", ".tranship/uploads", "app"],
    ["the uploads of a repository", ".tranship/uploads/app", "app"],
    ["the work of its layout", "app/.tranship", "app"],
  ])("in the place of %s writes nothing behind it", async (_, link, name) => {
    await using folder = await serveFolder({}, async (dir) => {
      await mkdir(outside(dir));
      await mkdir(join(dir, link, ".."), { recursive: true });
      await symlink(outside(dir), join(dir, link));
      await mkdir(join(dir, ".tranship")).catch(() => undefined);
      if (link.startsWith("app/")) {
        await openLayout(join(dir, "app"), { create: true }).catch(() => undefined);
        await writeFile(join(dir, "app", "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
        await writeFile(join(dir, "app", "index.json"), '{"schemaVersion":2,"manifests":[]}');
      }
    });
    const { bytes, digest } = someBytes(1000);
    const blob = await pushBlob(folder.url, name, digest, bytes).catch(() => undefined);
    const image = sampleImage();
    const manifest = await send(`${folder.url}/v2/${name}/manifests/v1`, {
      method: "PUT",
      headers: { "content-type": image.root.descriptor.mediaType },
      body: Buffer.from('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'),
    });
    expect(await everythingIn(outside(folder.dir))).toEqual([]);
    for (const reply of [blob, manifest]) expect(reply?.body.toString() ?? "").not.toContain(folder.dir);
  });

  it("in the place of an upload appends nothing to what it leads to", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "app");
    const location = await startUpload(folder.url, "app");
    const [id = ""] = await readdir(join(folder.dir, ".tranship/uploads/app"));
    const other = "00000000-0000-4000-8000-000000000000";
    await writeFile(join(folder.dir, "..", "secret"), "secret");
    await symlink(join(folder.dir, "..", "secret"), join(folder.dir, ".tranship/uploads/app", other));
    const url = new URL(location.href.replace(id, other));
    expect((await send(url.href, { method: "PATCH", body: Buffer.from("x") })).status).toBe(404);
    expect((await send(url.href)).status).toBe(404);
  });
});

describe("serve(), with a damaged folder", () => {
  it.each([
    ["an index.json that is no JSON", async (dir: string) => writeFile(join(dir, "index.json"), "{")],
    ["an index.json that is a folder", async (dir: string) => mkdir(join(dir, "index.json"))],
    [
      "a marker of another version",
      async (dir: string) => {
        await writeFile(join(dir, "index.json"), "{}");
        await writeFile(join(dir, "oci-layout"), '{"imageLayoutVersion":"9"}');
      },
    ],
  ])("answers %s without the names of its files, and tells them whoever serves", async (_, damage) => {
    const failures: string[] = [];
    const onFailure = (error: unknown): void => void failures.push(String(error));
    await using folder = await serveFolder({ onFailure }, async (dir) => {
      await mkdir(join(dir, ".tranship"));
      await openLayout(join(dir, "app"), { create: true });
    });
    await rm(join(folder.dir, "app", "index.json"));
    await damage(join(folder.dir, "app"));
    const first = await send(`${folder.url}/v2/app/tags/list`);
    expect(failures.length).toBe(first.status === 500 ? 1 : 0);
    for (const path of ["tags/list", "manifests/v1", `referrers/sha256:${"a".repeat(64)}`]) {
      const reply = await send(`${folder.url}/v2/app/${path}`);
      expect(reply.body.toString() + JSON.stringify(reply.headers)).not.toContain(folder.dir);
    }
  });
});

describe("serve() of a layout in which two images share a tag", () => {
  it("names both by their digests where the tag is asked for, and lists the others", async () => {
    const REF = "org.opencontainers.image.ref.name";
    const WHOLE = "io.containerd.image.name";
    const digests: string[] = [];
    await using folder = await serveFolder({ writable: false }, async (dir) => {
      const layout = await openLayout(dir, { create: true });
      const manifests: Descriptor[] = [];
      for (const [name, tag] of [
        ["docker.io/library/a:latest", "latest"],
        ["docker.io/library/b:latest", "latest"],
        ["docker.io/library/c:v1", "v1"],
      ] as const) {
        const descriptor = await seed(layout, sampleImage({ seed: name }));
        digests.push(descriptor.digest);
        manifests.push({ ...descriptor, annotations: { [REF]: tag, [WHOLE]: name } });
      }
      await writeFile(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    });
    const server = await serve({ dir: folder.dir });
    expect(server.hiddenNames).toEqual(["docker.io/library/a:latest", "docker.io/library/b:latest"]);
    await server.close();
    const tags = await send(`${folder.url}/v2/images/tags/list`);
    expect(JSON.parse(tags.body.toString())).toMatchObject({ tags: ["v1"] });
    const ambiguous = await send(`${folder.url}/v2/images/manifests/latest`);
    expect(ambiguous.status).toBe(404);
    for (const [at, name] of ["docker.io/library/a:latest", "docker.io/library/b:latest"].entries()) {
      expect(ambiguous.body.toString()).toContain(JSON.stringify(`"${name}" is ${digests[at]}`).slice(1, -1));
      expect((await send(`${folder.url}/v2/images/manifests/${digests[at]}`)).status).toBe(200);
    }
    expect((await send(`${folder.url}/v2/images/manifests/none`)).body.toString()).not.toContain("several");
  });
});
