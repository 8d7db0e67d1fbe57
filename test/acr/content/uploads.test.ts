import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { digestOf } from "@tranship/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { type AcrReply, acrRequest } from "../acr-request.ts";
import { startAcrFake } from "../start-acr-fake.ts";

const LIMIT = 1000;

describe("uploads to the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    fake = await startAcrFake({ bodyLimit: LIMIT });
  });
  afterAll(() => fake.close());

  async function start(): Promise<string> {
    return locationOf(await acrRequest(fake, "/v2/app/blobs/uploads/", { method: "POST" }));
  }
  const patch = (location: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<AcrReply> =>
    acrRequest(fake, location, { method: "PATCH", body, headers });
  function locationOf({ status, headers }: AcrReply): string {
    expect(status).toBe(202);
    return headers.location ?? "";
  }

  it("go from one relative location to the next, in chunks that say where they belong", async () => {
    const first = await start();
    expect(first).toMatch(/^\/v2\/app\/blobs\/uploads\/[-0-9a-f]+\?_nouploadcache=false&_state=/);
    const [half, rest] = [Buffer.alloc(LIMIT, "a"), Buffer.from("rest")];
    const second = await patch(first, half, { "content-range": `0-${LIMIT - 1}` });
    expect(second.headers["range"]).toBe(`0-${LIMIT - 1}`);
    const third = await patch(locationOf(second), rest, { "content-range": `${LIMIT}-${LIMIT + 3}` });
    const digest = digestOf(Buffer.concat([half, rest]));
    const end = await acrRequest(fake, `${locationOf(third)}&digest=${digest}`, { method: "PUT" });
    expect(end).toMatchObject({ status: 201, headers: { "docker-content-digest": digest } });
  });

  it("refuse a location that is not the last one", async () => {
    const first = await start();
    locationOf(await patch(first, Buffer.from("a chunk")));
    const stale = await patch(first, Buffer.from("a chunk"));
    expect(stale).toMatchObject({ status: 404, json: { errors: [{ code: "BLOB_UPLOAD_INVALID" }] } });
    expect((await patch(first.replace(/\?.*/, ""), Buffer.from("a chunk"))).status).toBe(404);
  });

  it("tell how far they are without a new location", async () => {
    const location = locationOf(await patch(await start(), Buffer.from("0123456789")));
    const { status, headers } = await acrRequest(fake, location);
    expect({ status, range: headers["range"], location: headers.location }).toEqual({
      status: 204,
      range: "0-9",
      location,
    });
    expect((await acrRequest(fake, location, { method: "DELETE" })).status).toBe(204);
    expect((await acrRequest(fake, location)).status).toBe(404);
  });

  it("refuse a body over the limit, whether it says its length or not", async () => {
    const body = Buffer.alloc(LIMIT + 1);
    expect((await patch(await start(), body)).status).toBe(413);
    const location = await start();
    expect((await patch(location, body, { "transfer-encoding": "chunked" })).status).toBe(413);
    expect((await patch(location, Buffer.from("less"))).status).toBe(404);
    const monolithic = `/v2/app/blobs/uploads/?digest=${digestOf(body)}`;
    expect((await acrRequest(fake, monolithic, { method: "POST", body })).status).toBe(413);
  });

  it("refuse a Content-Range as HTTP writes it", async () => {
    const reply = await patch(await start(), Buffer.from("0123"), { "content-range": "bytes 0-3/*" });
    expect(reply.status).toBe(400);
  });

  it("end with the connection that breaks", async () => {
    const location = await start();
    const outgoing = request(new URL(location, fake.url), {
      method: "PATCH",
      agent: false,
      ca: await readFile(fake.caFile),
      headers: {
        authorization: `Basic ${Buffer.from(`${fake.adminUser}:${fake.adminPassword}`).toString("base64")}`,
        "content-length": "900",
      },
    });
    const closed = new Promise<void>((resolve) => outgoing.once("close", () => resolve()));
    outgoing.on("error", () => undefined);
    const seen = fake.requests.length;
    await new Promise<void>((resolve) => outgoing.write(Buffer.alloc(100), () => resolve()));
    outgoing.destroy();
    await closed;
    // The server notices on its own time; a request that has no answer is logged then.
    while (!fake.requests.slice(seen).some(({ method, status }) => method === "PATCH" && status === undefined)) {
      await acrRequest(fake, "/v2/");
    }
    const retried = await patch(location, Buffer.alloc(900));
    expect(retried).toMatchObject({ status: 404, json: { errors: [{ code: "BLOB_UPLOAD_INVALID" }] } });
  });
});
