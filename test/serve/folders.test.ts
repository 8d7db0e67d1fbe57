import { once } from "node:events";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout, StoreError } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { repositoryNameOf } from "../../packages/cli-worker/src/serve/names.ts";
import { serve } from "../../packages/cli-worker/src/serve/serve.ts";
import { codesOf, pushBlob, send, sendPart, startUpload, untilArrived } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

describe("serve()", () => {
  it("is read-only unless told otherwise", async () => {
    await using written = await serveFolder();
    await pushEmptyBlob(written.url, "a");
    const { bytes, digest } = artifact();
    await putManifest(written.url, "a", "v1", bytes);
    const reader = await serve({ dir: written.dir });
    expect((await send(`${reader.url}/v2/a/manifests/v1`)).status).toBe(200);
    for (const [method, path] of [
      ["POST", "a/blobs/uploads/"],
      ["PUT", "a/manifests/v2"],
      ["DELETE", "a/manifests/v1"],
      ["DELETE", `a/blobs/${digest}`],
      ["PATCH", "a/blobs/uploads/x"],
    ]) {
      const reply = await send(`${reader.url}/v2/${path}`, { method: method ?? "" });
      expect([method, reply.status, codesOf(reply)]).toEqual([method, 405, ["UNSUPPORTED"]]);
      expect(reply.body.toString()).toContain("--writable");
    }
    await reader.close();
  });

  it("serves an OCI layout as the repository that its folder names", async () => {
    await using folder = await serveFolder({}, async (dir) => {
      await openLayout(dir, { create: true });
    });
    expect(folder.server.repository).toBe("images");
    const { bytes, digest } = someBytes(100);
    expect((await pushBlob(folder.url, "images", digest, bytes)).status).toBe(201);
    const other = await pushBlob(folder.url, "other", digest, bytes);
    expect([other.status, codesOf(other)]).toEqual([404, ["NAME_UNKNOWN"]]);
    const catalog = await send(`${folder.url}/v2/_catalog`);
    expect(JSON.parse(catalog.body.toString())).toEqual({ repositories: ["images"] });
  });

  it("serves a folder of layouts that another program made", async () => {
    await using folder = await serveFolder({ writable: false }, async (dir) => {
      await openLayout(join(dir, "team/app"), { create: true }).catch(async () => {
        await mkdir(join(dir, "team"));
        await openLayout(join(dir, "team/app"), { create: true });
      });
    });
    expect((await send(`${folder.url}/v2/team/app/tags/list`)).status).toBe(200);
  });

  it("serves a folder again whose repositories it made", async () => {
    await using folder = await serveFolder();
    await pushEmptyBlob(folder.url, "x/y");
    const again = await serve({ dir: folder.dir });
    expect((await send(`${again.url}/v2/x/y/tags/list`)).status).toBe(200);
    await again.close();
  });

  it("refuses every other folder, in one clear line", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "tranship-refused-"));
    const { path } = temporary;
    await writeFile(join(path, "notes.txt"), "");
    await mkdir(join(path, "broken"));
    await writeFile(join(path, "broken/oci-layout"), "{}");
    for (const [dir, detail] of [
      [path, "neither an OCI layout"],
      [join(path, "missing"), "no such folder"],
      [join(path, "notes.txt"), "not a folder"],
      [join(path, "broken"), "version"],
    ] as const) {
      const error = await serve({ dir }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: "LAYOUT_INVALID", message: expect.stringContaining(detail) });
    }
  });

  it("refuses names that are malformed, or meet the files of a layout", async () => {
    await using folder = await serveFolder();
    for (const name of ["UPPER", "a//b", "a/", "-a", "a/blobs", "index.json", "x/oci-layout/y", "a".repeat(256)]) {
      const reply = await send(`${folder.url}/v2/${name}/blobs/uploads/`, { method: "POST" });
      expect([name, reply.status, codesOf(reply)]).toEqual([name, 400, ["NAME_INVALID"]]);
    }
  });

  it("answers /v2/, and 404 or 405 to what is no endpoint", async () => {
    await using folder = await serveFolder();
    const base = await send(`${folder.url}/v2/`);
    expect([base.status, base.headers["docker-distribution-api-version"]]).toEqual([200, "registry/2.0"]);
    expect((await send(`${folder.url}/v2/a/nothing`)).status).toBe(404);
    expect((await send(`${folder.url}/`)).status).toBe(404);
    const wrong = await send(`${folder.url}/v2/_catalog`, { method: "DELETE" });
    expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("close() ends idle connections, cuts those that hang, and keeps what they sent", async () => {
    await using folder = await serveFolder();
    const agent = new Agent({ keepAlive: true });
    const [reply] = await once(get(`${folder.url}/v2/`, { agent }), "response");
    await once(reply.resume(), "end");
    const upload = await startUpload(folder.url, "a");
    await sendPart(upload, { method: "PATCH", announced: 100, bytes: Buffer.alloc(70) });
    await untilArrived(upload, 70);
    await folder.server.close({ graceMs: 0 });
    const again = await serve({ dir: folder.dir, writable: true });
    expect((await send(new URL(upload.pathname, again.url))).headers["range"]).toBe("0-69");
    await again.close();
    agent.destroy();
  });

  it("rejects where the port is taken", async () => {
    await using folder = await serveFolder();
    await expect(serve({ dir: folder.dir, port: folder.server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("repositoryNameOf()", () => {
  it.each([
    ["images", "images"],
    ["My Images", "my-images"],
    ["alpine_3.20", "alpine_3.20"],
    [".hidden__x-", "hidden-x"],
    ["blobs", "layout"],
    ["画像", "layout"],
    ["", "layout"],
  ])("%j is served as %j", (folder, name) => {
    expect(repositoryNameOf(folder)).toBe(name);
  });
});
