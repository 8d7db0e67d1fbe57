import { digestOf } from "@tranship/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { acrRequest } from "../acr-request.ts";
import { behaviourOf } from "../behaviour.ts";
import { pushBlob } from "../push-image.ts";
import { startAcrFake } from "../start-acr-fake.ts";

const BLOB = Buffer.alloc(100_000, "0123456789");

describe("downloads from the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    fake = await startAcrFake();
    await pushBlob(fake, "team/app", BLOB);
  });
  afterAll(() => fake.close());
  afterEach(() => {
    Object.assign(fake.behaviour, behaviourOf());
  });

  async function link(): Promise<URL> {
    const { status, headers } = await acrRequest(fake, `/v2/team/app/blobs/${digestOf(BLOB)}`);
    expect(status).toBe(307);
    return new URL(headers.location ?? "");
  }

  it("are sent to another origin, which needs no token and takes none", async () => {
    const url = await link();
    expect(url.origin).toBe(fake.storageUrl);
    expect(url.hostname).not.toBe(new URL(fake.url).hostname);
    const reply = await acrRequest(fake, url.href, { auth: "none" });
    expect(reply.status).toBe(200);
    expect(reply.body.equals(BLOB)).toBe(true);
    expect(reply.headers["docker-content-digest"]).toBeUndefined();
    const refused = await acrRequest(fake, url.href, { auth: "admin" });
    expect(refused.status).toBe(403);
    expect(refused.body.toString()).toContain("<Code>AuthenticationFailed</Code>");
  });

  it("come in ranges", async () => {
    const { status, headers, body } = await acrRequest(fake, (await link()).href, {
      auth: "none",
      headers: { range: "bytes=5-7" },
    });
    expect({ status, range: headers["content-range"], body: body.toString() }).toEqual({
      status: 206,
      range: `bytes 5-7/${BLOB.length}`,
      body: "567",
    });
  });

  it("need the link's signature, in time", async () => {
    const status = async (url: URL): Promise<number> => (await acrRequest(fake, url.href, { auth: "none" })).status;
    const [forged, longer] = [await link(), await link()];
    forged.searchParams.set("sig", "AAAA");
    longer.searchParams.set("se", "9999999999");
    expect(await status(forged)).toBe(403);
    expect(await status(longer)).toBe(403);
    const url = await link();
    fake.behaviour.clockSkewSeconds = 3600;
    expect(await status(url)).toBe(403);
    expect((await acrRequest(fake, `${fake.storageUrl}/v2/`, { auth: "none" })).status).toBe(404);
  });

  it("are told of by HEAD without a redirect; what is missing is told of by the registry", async () => {
    const head = await acrRequest(fake, `/v2/team/app/blobs/${digestOf(BLOB)}`, { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, headers: { "content-length": String(BLOB.length) } });
    const missing = await acrRequest(fake, `/v2/team/app/blobs/${digestOf(Buffer.from("nothing"))}`);
    expect(missing).toMatchObject({ status: 404, json: { errors: [{ code: "BLOB_UNKNOWN" }] } });
  });

  it("are altered or cut where the behaviour says so", async () => {
    const { href } = await link();
    fake.behaviour.blobs = "altered";
    const altered = await acrRequest(fake, href, { auth: "none" });
    expect(altered.body.length).toBe(BLOB.length);
    expect(digestOf(altered.body)).not.toBe(digestOf(BLOB));
    fake.behaviour.blobs = "cut";
    await expect(acrRequest(fake, href, { auth: "none" })).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
