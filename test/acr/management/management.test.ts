import { digestOf, OCI_INDEX } from "@tranship/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { type AcrReply, acrRequest } from "../acr-request.ts";
import { pushImage, textImage } from "../push-image.ts";
import { startAcrFake } from "../start-acr-fake.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
const OPEN = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };
const IMAGES = [textImage("zero"), textImage("one", "arm64"), textImage("two")] as const;

describe("/acr/v1 of the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    fake = await startAcrFake();
    for (const [index, image] of IMAGES.entries()) await pushImage(fake, "team/app", image, [`v${index}`]);
    await pushImage(fake, "team/app", IMAGES[0], ["latest"]);
    await pushImage(fake, "zebra", IMAGES[1]);
  });
  afterAll(() => fake.close());

  const send = (method: string, path: string): Promise<AcrReply> => acrRequest(fake, path, { method });
  const get = async (path: string): Promise<unknown> => (await send("GET", path)).json;

  /** The `name`s or `digest`s of a list, page by page, with the links that led there. */
  async function pages(path: string): Promise<{ pages: string[][]; links: string[] }> {
    const read: { pages: string[][]; links: string[] } = { pages: [], links: [] };
    for (let next: string | undefined = path; next !== undefined; ) {
      const reply: AcrReply = await send("GET", next);
      const list = Object.values(documentIn(reply)).find((value) => Array.isArray(value)) ?? [];
      read.pages.push(list.map(nameOf));
      const link = reply.headers["link"];
      next = /^<([^>]+)>; rel="next"$/.exec(String(link ?? ""))?.[1];
      if (next !== undefined) read.links.push(next);
    }
    return read;
  }

  it("shows a repository, a tag and a manifest", async () => {
    const registry = fake.host;
    expect(await get("/acr/v1/team/app")).toEqual({
      registry,
      imageName: "team/app",
      createdTime: TIME,
      lastUpdateTime: TIME,
      manifestCount: 3,
      tagCount: 4,
      changeableAttributes: OPEN,
    });
    expect(await get("/acr/v1/team/app/_tags/v1")).toEqual({
      registry,
      imageName: "team/app",
      tag: {
        name: "v1",
        digest: IMAGES[1].digest,
        createdTime: TIME,
        lastUpdateTime: TIME,
        signed: false,
        changeableAttributes: OPEN,
      },
    });
    expect(await get(`/acr/v1/team/app/_manifests/${IMAGES[1].digest}`)).toEqual({
      registry,
      imageName: "team/app",
      manifest: {
        digest: IMAGES[1].digest,
        imageSize: IMAGES[1].blobs.reduce((sum, { length }) => sum + length, 0),
        createdTime: TIME,
        lastUpdateTime: TIME,
        architecture: "arm64",
        os: "linux",
        mediaType: IMAGES[1].mediaType,
        configMediaType: "application/vnd.oci.image.config.v1+json",
        tags: ["v1"],
        changeableAttributes: OPEN,
      },
    });
  });

  it("shows what an index refers to", async () => {
    const manifests = IMAGES.slice(0, 2).map(({ digest, manifest, mediaType }, index) => ({
      mediaType,
      digest,
      size: manifest.length,
      platform: { os: "linux", architecture: index === 0 ? "amd64" : "arm64" },
    }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const image = { mediaType: OCI_INDEX, manifest: bytes, digest: digestOf(bytes), blobs: [] };
    for (const child of IMAGES) await pushImage(fake, "indexed", child);
    await pushImage(fake, "indexed", image);
    expect(await get(`/acr/v1/indexed/_manifests/${image.digest}`)).toMatchObject({
      manifest: {
        mediaType: OCI_INDEX,
        references: [
          { digest: IMAGES[0].digest, os: "linux", architecture: "amd64" },
          { digest: IMAGES[1].digest, os: "linux", architecture: "arm64" },
        ],
      },
    });
    expect((await send("DELETE", "/acr/v1/indexed")).json).toEqual({
      manifestsDeleted: [...IMAGES.map(({ digest }) => digest), image.digest],
      tagsDeleted: [],
    });
  });

  it("pages by name, by digest, and by time either way", async () => {
    const digests = IMAGES.map(({ digest }) => digest);
    expect(await pages("/acr/v1/_catalog?n=1")).toEqual({
      pages: [["team/app"], ["zebra"]],
      links: ["/acr/v1/_catalog?last=team%2Fapp&n=1&orderby="],
    });
    expect((await pages("/acr/v1/team/app/_tags?n=3")).pages).toEqual([["latest", "v0", "v1"], ["v2"]]);
    expect((await pages("/acr/v1/team/app/_tags?n=2&orderby=timedesc")).pages).toEqual([
      ["latest", "v2"],
      ["v1", "v0"],
    ]);
    expect((await pages("/acr/v1/team/app/_tags?orderby=timeasc")).pages).toEqual([["v0", "v1", "v2", "latest"]]);
    expect((await pages("/acr/v1/team/app/_manifests?n=2")).pages.flat()).toEqual(digests.toSorted());
    // The oldest image got a tag last.
    const newest = [digests[0], digests[2], digests[1]];
    expect((await pages("/acr/v1/team/app/_manifests?n=1&orderby=timedesc")).pages.flat()).toEqual(newest);
    const filtered = await pages(`/acr/v1/team/app/_tags?n=1&digest=${digests[0]}`);
    expect(filtered.pages).toEqual([["latest"], ["v0"]]);
    expect((await pages("/v2/team/app/tags/list?n=3")).pages).toEqual([["latest", "v0", "v1"], ["v2"]]);
  });

  it("goes on after an entry that was deleted since", async () => {
    for (const [index, image] of IMAGES.entries()) await pushImage(fake, "shrinking", image, [`v${index}`]);
    const last = IMAGES[1].digest;
    expect((await send("DELETE", `/v2/shrinking/manifests/${last}`)).status).toBe(202);
    const rest = await pages(`/acr/v1/shrinking/_manifests?orderby=timedesc&last=${last}`);
    expect(rest.pages).toEqual([[IMAGES[0].digest]]);
    expect((await pages("/acr/v1/shrinking/_tags?orderby=timeasc&last=v1")).pages).toEqual([["v2"]]);
  });

  it("deletes a tag and leaves its manifest; a repository goes with its last manifest", async () => {
    await pushImage(fake, "short", IMAGES[0], ["only"]);
    expect((await send("DELETE", "/acr/v1/short/_tags/only")).status).toBe(202);
    expect((await send("GET", "/v2/short/manifests/only")).status).toBe(404);
    expect((await send("GET", `/v2/short/manifests/${IMAGES[0].digest}`)).status).toBe(200);
    expect((await send("DELETE", `/v2/short/manifests/${IMAGES[0].digest}`)).status).toBe(202);
    expect((await send("GET", "/acr/v1/short")).status).toBe(404);
    expect(await get("/acr/v1/_catalog")).not.toMatchObject({ repositories: expect.arrayContaining(["short"]) });
  });

  it("deletes a repository with its blobs, and not those nested below it", async () => {
    await pushImage(fake, "outer", IMAGES[0], ["v0"]);
    await pushImage(fake, "outer/inner", IMAGES[0], ["v0"]);
    expect((await send("DELETE", "/acr/v1/outer")).status).toBe(202);
    expect((await send("GET", "/v2/outer/tags/list")).status).toBe(404);
    expect((await send("HEAD", `/v2/outer/blobs/${digestOf(IMAGES[0].blobs[0] ?? Buffer.alloc(0))}`)).status).toBe(404);
    expect((await send("GET", "/v2/outer/inner/manifests/v0")).status).toBe(200);
    await pushImage(fake, "outer", IMAGES[1], ["v1"]);
    expect(await get("/v2/outer/tags/list")).toEqual({ name: "outer", tags: ["v1"] });
  });

  it.each([
    ["GET", "/acr/v1/nothing", 404, "NAME_UNKNOWN"],
    ["DELETE", "/acr/v1/nothing", 404, "NAME_UNKNOWN"],
    ["GET", "/acr/v1/team/app/_tags/nothing", 404, "TAG_UNKNOWN"],
    ["DELETE", "/acr/v1/team/app/_tags/nothing", 404, "TAG_UNKNOWN"],
    ["GET", `/acr/v1/team/app/_manifests/${digestOf(Buffer.from("nothing"))}`, 404, "MANIFEST_UNKNOWN"],
    ["DELETE", "/v2/team/app/manifests/v0", 405, "UNSUPPORTED"],
    ["PUT", "/acr/v1/team/app", 405, "UNSUPPORTED"],
    ["GET", "/acr/v1/team/app/_tags?orderby=size", 400, "INVALID_REQUEST"],
    ["GET", "/acr/v1/team/app/_tags?n=0", 400, "INVALID_REQUEST"],
  ])("answers %s %s with %i %s", async (method, path, status, code) => {
    expect(await send(method, path)).toMatchObject({ status, json: { errors: [{ code }] } });
  });
});

function documentIn({ json }: AcrReply): Readonly<Record<string, unknown>> {
  return json !== null && typeof json === "object" ? Object.fromEntries(Object.entries(json)) : {};
}

/** What `last` names: of a list of strings the string, of objects `name`, else `digest`. */
function nameOf(item: string | { readonly name?: string; readonly digest: string }): string {
  return typeof item === "string" ? item : (item.name ?? item.digest);
}
