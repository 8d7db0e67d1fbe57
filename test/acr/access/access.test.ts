import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { acrRequest } from "../acr-request.ts";
import { askToken, bearer, claimsOf, exchange, field } from "../acr-token.ts";
import { behaviourOf } from "../behaviour.ts";
import { pushImage, textImage } from "../push-image.ts";
import { startAcrFake } from "../start-acr-fake.ts";

const IMAGE = textImage("an image");
const MADE_UP = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsImV4cCI6OTk5OTk5OTk5OX0.c2ln";
const ANONYMOUS = { grant_type: "password", refresh_token: "" };

describe("access to the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    const repositories = { "team/app": ["pull", "push"] } as const;
    fake = await startAcrFake({
      lifetimes: { access: 60, refresh: 300 },
      tokens: { reader: { password: "secret", grants: { repositories, catalog: false } } },
    });
    await pushImage(fake, "team/app", IMAGE, ["latest"]);
    await pushImage(fake, "other", IMAGE, ["latest"]);
  });
  afterAll(() => fake.close());
  afterEach(() => {
    Object.assign(fake.behaviour, behaviourOf());
  });

  it.each([
    ["GET", "/v2/", undefined],
    ["GET", "/v2/_catalog", "registry:catalog:*"],
    ["GET", "/v2/team/app/tags/list", "repository:team/app:pull"],
    ["GET", "/v2/team/app/manifests/latest", "repository:team/app:pull"],
    ["PUT", "/v2/team/app/manifests/latest", "repository:team/app:pull,push"],
    ["DELETE", `/v2/team/app/manifests/${IMAGE.digest}`, "repository:team/app:delete"],
    ["GET", `/v2/team/app/blobs/${IMAGE.digest}`, "repository:team/app:pull"],
    ["POST", "/v2/team/app/blobs/uploads/", "repository:team/app:pull,push"],
    [
      "POST",
      `/v2/team/app/blobs/uploads/?mount=${IMAGE.digest}&from=other`,
      "repository:team/app:pull,push repository:other:pull",
    ],
    ["GET", "/acr/v1/_catalog", "registry:catalog:*"],
    ["GET", "/acr/v1/team/app", "repository:team/app:metadata_read"],
    ["PATCH", "/acr/v1/team/app", "repository:team/app:metadata_write"],
    ["DELETE", "/acr/v1/team/app", "repository:team/app:delete"],
    ["GET", "/acr/v1/team/app/_tags", "repository:team/app:metadata_read"],
    ["PATCH", "/acr/v1/team/app/_tags/latest", "repository:team/app:metadata_write"],
    ["DELETE", "/acr/v1/team/app/_tags/latest", "repository:team/app:delete"],
    ["GET", `/acr/v1/team/app/_manifests/${IMAGE.digest}`, "repository:team/app:metadata_read"],
  ])("challenges %s %s for the scope %s", async (method, path, scope) => {
    const { status, headers } = await acrRequest(fake, path, { method, auth: "none" });
    expect(status).toBe(401);
    const scopePart = scope === undefined ? "" : `,scope="${scope}"`;
    const realm = `realm="https://${fake.host}/oauth2/token"`;
    expect(headers["www-authenticate"]).toBe(`Bearer ${realm},service="${fake.host}"${scopePart}`);
  });

  it("leads from Entra's token over the refresh token to a token that opens its scope, and no other", async () => {
    const auth = await bearer(fake, "repository:team/app:pull");
    const status = async (method: string, path: string): Promise<number> =>
      (await acrRequest(fake, path, { method, auth })).status;
    expect(await status("GET", "/v2/team/app/manifests/latest")).toBe(200);
    expect(await status("POST", "/v2/team/app/blobs/uploads/")).toBe(401);
    expect(await status("GET", "/v2/other/manifests/latest")).toBe(401);
    expect(await status("GET", "/acr/v1/team/app")).toBe(401);
    const refused = await acrRequest(fake, "/v2/other/manifests/latest", { auth });
    expect(refused.headers["www-authenticate"]).toContain('error="insufficient_scope"');
  });

  it("gives JSON Web Tokens that live as long as was said, and nothing that says so beside them", async () => {
    const now = Math.floor(Date.now() / 1000);
    const refresh = await exchange(fake);
    const access = await askToken(fake, "repository:team/app:pull,push registry:catalog:*");
    expect(Object.keys(refresh.json ?? {})).toEqual(["refresh_token"]);
    expect(Object.keys(access.json ?? {})).toEqual(["access_token"]);
    expect(Number(claimsOf(field(refresh, "refresh_token"))["exp"]) - now).toBeOneOf([300, 301, 302]);
    const claims = claimsOf(field(access, "access_token"));
    expect(Number(claims["exp"]) - now).toBeOneOf([60, 61, 62]);
    expect(claims["access"]).toEqual([
      { Type: "repository", Name: "team/app", Actions: ["pull", "push"] },
      { Type: "registry", Name: "catalog", Actions: ["*"] },
    ]);
  });

  it("takes no token whose time is over, nor one that was revoked", async () => {
    const auth = await bearer(fake, "repository:team/app:pull");
    const open = async (): Promise<number> => (await acrRequest(fake, "/v2/team/app/tags/list", { auth })).status;
    expect(await open()).toBe(200);
    fake.behaviour.clockSkewSeconds = 61;
    expect(await open()).toBe(401);
    fake.behaviour.clockSkewSeconds = 0;
    expect(await open()).toBe(200);
    fake.revoke("access");
    expect(await open()).toBe(401);
    const refresh = { grant_type: "refresh_token", refresh_token: field(await exchange(fake), "refresh_token") };
    expect((await askToken(fake, "registry:catalog:*", refresh)).status).toBe(200);
    fake.revoke("refresh");
    expect((await askToken(fake, "registry:catalog:*", refresh)).status).toBe(401);
  });

  it("takes no token that it never gave away, also for another use", async () => {
    const refresh = field(await exchange(fake), "refresh_token");
    // The ping needs no scope, but a token it needs.
    const ping = async (token: string): Promise<number> =>
      (await acrRequest(fake, "/v2/", { auth: `Bearer ${token}` })).status;
    expect(await ping(field(await askToken(fake, "registry:catalog:*"), "access_token"))).toBe(200);
    expect(await ping(refresh)).toBe(401);
    expect(await ping(MADE_UP)).toBe(401);
    expect((await exchange(fake, refresh)).status).toBe(401);
  });

  it("lets anonymous clients pull and list, and nothing else", async () => {
    expect((await askToken(fake, "repository:other:pull", ANONYMOUS)).status).toBe(200);
    expect((await askToken(fake, "repository:other:metadata_read", ANONYMOUS)).status).toBe(200);
    expect((await askToken(fake, "repository:other:delete", ANONYMOUS)).status).toBe(401);
    const token = field(await askToken(fake, "repository:other:pull,push", ANONYMOUS), "access_token");
    expect(claimsOf(token)["access"]).toEqual([{ Type: "repository", Name: "other", Actions: ["pull"] }]);
    const reply = await acrRequest(fake, "/v2/other/blobs/uploads/", { method: "POST", auth: `Bearer ${token}` });
    expect(reply.status).toBe(401);
  });

  it("lets no anonymous client in where that is off", async () => {
    await using closed = await startAcrFake({ anonymousPull: false });
    expect((await askToken(closed, "repository:other:pull", ANONYMOUS)).status).toBe(401);
  });

  it("takes names and passwords, at the token endpoint and with each request", async () => {
    const basic = (name: string, password: string): string =>
      `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    const ask = (auth: string, scope: string) =>
      acrRequest(fake, `/oauth2/token?${new URLSearchParams({ service: fake.host, scope })}`, { auth });
    const scoped = basic("reader", "secret");
    const token = field(await ask(scoped, "repository:team/app:pull,push,delete"), "access_token");
    expect(claimsOf(token)["access"]).toEqual([{ Type: "repository", Name: "team/app", Actions: ["pull", "push"] }]);
    expect((await ask(scoped, "repository:other:pull")).status).toBe(401);
    expect((await ask(basic("reader", "guess"), "repository:team/app:pull")).status).toBe(401);
    expect((await acrRequest(fake, "/v2/team/app/tags/list", { auth: scoped })).status).toBe(200);
    expect((await acrRequest(fake, "/v2/other/tags/list", { auth: scoped })).status).toBe(401);
    expect((await acrRequest(fake, "/v2/_catalog", { auth: "admin" })).status).toBe(200);
    const refresh = field(await exchange(fake), "refresh_token");
    const docker = basic("00000000-0000-0000-0000-000000000000", refresh);
    expect((await ask(docker, "repository:other:delete")).status).toBe(200);
  });

  it("refuses what is asked for another registry, and a grant that it doesn't know", async () => {
    expect((await askToken(fake, "registry:catalog:*", { ...ANONYMOUS, service: "other.azurecr.io" })).status).toBe(
      400,
    );
    expect((await askToken(fake, "registry:catalog:*", { grant_type: "device_code" })).status).toBe(400);
    expect((await acrRequest(fake, "/oauth2/exchange", { auth: "none" })).status).toBe(405);
  });
});
