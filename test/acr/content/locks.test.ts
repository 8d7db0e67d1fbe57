import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { type AcrReply, acrRequest } from "../acr-request.ts";
import { pushImage, type SampleImage, textImage } from "../push-image.ts";
import { startAcrFake } from "../start-acr-fake.ts";

const OLD = textImage("old");
const NEW = textImage("new");

describe("locks of the ACR fake", () => {
  let fake: AcrFake;
  let name: string;
  let count = 0;

  beforeAll(async () => {
    fake = await startAcrFake();
  });
  afterAll(() => fake.close());

  async function repository(): Promise<void> {
    count += 1;
    name = `locked/app-${count}`;
    await pushImage(fake, name, OLD, ["v1", "also"]);
    await pushImage(fake, name, NEW, ["v2"]);
  }

  const send = (method: string, path: string, body?: object): Promise<AcrReply> =>
    acrRequest(fake, path, { method, ...(body && { body: JSON.stringify(body) }) });
  const lock = async (item: string, attributes: object): Promise<void> => {
    expect((await send("PATCH", `/acr/v1/${name}${item}`, attributes)).status).toBe(200);
  };
  const put = async (image: SampleImage, reference: string): Promise<number> => {
    const headers = { "content-type": image.mediaType };
    const path = `/v2/${name}/manifests/${reference}`;
    return (await acrRequest(fake, path, { method: "PUT", headers, body: image.manifest })).status;
  };
  const status = async (method: string, path: string): Promise<number> => (await send(method, path)).status;
  const deleteManifest = ({ digest }: SampleImage): Promise<number> =>
    status("DELETE", `/v2/${name}/manifests/${digest}`);
  const deleteTag = (tag: string): Promise<number> => status("DELETE", `/acr/v1/${name}/_tags/${tag}`);
  const deleteRepository = (): Promise<number> => status("DELETE", `/acr/v1/${name}`);

  it("of a repository forbid to write, and then also to delete", async () => {
    await repository();
    await lock("", { writeEnabled: false });
    expect(await status("POST", `/v2/${name}/blobs/uploads/`)).toBe(405);
    expect(await put(NEW, "v3")).toBe(405);
    expect(await deleteTag("v1")).toBe(405);
    expect(await deleteRepository()).toBe(405);
    await lock("", { writeEnabled: true });
    expect(await put(NEW, "v3")).toBe(201);
  });

  it("of a repository forbid to delete, and nothing more", async () => {
    await repository();
    await lock("", { deleteEnabled: false });
    expect(await put(NEW, "v3")).toBe(201);
    expect(await deleteManifest(NEW)).toBe(405);
    expect(await deleteTag("v1")).toBe(405);
    expect(await status("DELETE", `/v2/${name}/blobs/${OLD.digest}`)).toBe(405);
    expect(await deleteRepository()).toBe(405);
  });

  it("of a manifest hold for each of its tags, and for what would delete it", async () => {
    await repository();
    await lock(`/_manifests/${OLD.digest}`, { writeEnabled: false });
    expect(await put(NEW, "v1")).toBe(405);
    expect(await put(NEW, "also")).toBe(405);
    expect(await put(OLD, OLD.digest)).toBe(405);
    expect(await put(OLD, "v2")).toBe(405);
    expect(await put(NEW, "v2")).toBe(201);
    expect(await deleteManifest(OLD)).toBe(405);
    expect(await deleteRepository()).toBe(405);
    expect(await deleteManifest(NEW)).toBe(202);
  });

  it("of a tag hold for the tag, and for what would delete it", async () => {
    await repository();
    await lock("/_tags/v1", { deleteEnabled: false });
    expect(await put(NEW, "v1")).toBe(201);
    expect(await deleteTag("v1")).toBe(405);
    expect(await deleteManifest(NEW)).toBe(405);
    expect(await deleteTag("also")).toBe(202);
    await lock("/_tags/v1", { deleteEnabled: true, writeEnabled: false });
    expect(await put(OLD, "v1")).toBe(405);
    expect(await deleteRepository()).toBe(405);
  });

  it("forbid to read what may not be read, and to list what may not be listed", async () => {
    await repository();
    await lock(`/_manifests/${OLD.digest}`, { readEnabled: false });
    await lock("/_tags/v2", { readEnabled: false });
    expect(await status("GET", `/v2/${name}/manifests/${OLD.digest}`)).toBe(405);
    expect(await status("GET", `/v2/${name}/manifests/v1`)).toBe(405);
    expect(await status("HEAD", `/v2/${name}/manifests/v2`)).toBe(405);
    expect(await status("GET", `/v2/${name}/manifests/${NEW.digest}`)).toBe(200);
    await lock("/_tags/v1", { listEnabled: false });
    await lock(`/_manifests/${NEW.digest}`, { listEnabled: false });
    expect((await send("GET", `/v2/${name}/tags/list`)).json).toMatchObject({ tags: ["also", "v2"] });
    expect((await send("GET", `/acr/v1/${name}/_tags`)).json).toMatchObject({
      tags: [{ name: "also" }, { name: "v2" }],
    });
    expect((await send("GET", `/acr/v1/${name}/_manifests`)).json).toMatchObject({
      manifests: [{ digest: OLD.digest }],
    });
    await lock("", { listEnabled: false, readEnabled: false });
    expect((await send("GET", "/v2/_catalog")).body.toString()).not.toContain(name);
    expect(await status("HEAD", `/v2/${name}/blobs/${OLD.digest}`)).toBe(405);
    expect(await status("GET", `/acr/v1/${name}`)).toBe(200);
  });

  it("are refused in the form that ACR has, and changed by what is an attribute only", async () => {
    await repository();
    await lock("", { deleteEnabled: false });
    expect((await send("DELETE", `/acr/v1/${name}`)).json).toMatchObject({
      errors: [{ code: "UNSUPPORTED", message: expect.stringContaining("disallowed"), detail: { locked: name } }],
    });
    expect((await send("PATCH", `/acr/v1/${name}`, { colour: true })).status).toBe(400);
    expect((await send("PATCH", `/acr/v1/${name}`, { writeEnabled: "no" })).status).toBe(400);
    expect((await send("PATCH", `/acr/v1/${name}`, [])).status).toBe(400);
    expect((await send("GET", `/acr/v1/${name}`)).json).toMatchObject({
      changeableAttributes: { deleteEnabled: false, writeEnabled: true, listEnabled: true, readEnabled: true },
    });
  });
});
