import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "../acr-fake.ts";
import { acrRequest } from "../acr-request.ts";
import { askEntra, claimsOf, exchange, field } from "../acr-token.ts";
import { startAcrFake } from "../start-acr-fake.ts";

describe("Entra ID of the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    fake = await startAcrFake({ audiences: ["https://containerregistry.azure.net"] });
  });
  afterAll(() => fake.close());

  it("describes itself, under its own host", async () => {
    const base = `${fake.authorityHost}/${fake.tenantId}`;
    const { json } = await acrRequest(fake, `${base}/v2.0/.well-known/openid-configuration`, { auth: "none" });
    expect(json).toMatchObject({ issuer: `${base}/v2.0`, token_endpoint: `${base}/oauth2/v2.0/token` });
  });

  it("gives a token for the audience of the scope; the exchange takes it for its own audiences only", async () => {
    const reply = await askEntra(fake);
    expect(reply.json).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect(claimsOf(field(reply, "access_token"))).toMatchObject({
      aud: "https://containerregistry.azure.net",
      appid: fake.clientId,
      tid: fake.tenantId,
    });
    expect((await exchange(fake, field(reply, "access_token"))).status).toBe(200);
    const other = await askEntra(fake, { scope: "https://management.azure.com/.default" });
    const refused = await exchange(fake, field(other, "access_token"));
    expect(refused.status).toBe(401);
    expect(refused.body.toString()).toContain("https://management.azure.com");
  });

  it.each([
    ["another secret", { client_secret: "guess" }, 401, "invalid_client", 7000215],
    ["another application", { client_id: "somebody" }, 400, "unauthorized_client", 700016],
    ["a scope that names no resource", { scope: "openid" }, 400, "invalid_scope", 1002012],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type", 70003],
  ])("refuses %s in Entra's words", async (_, form, status, error, code) => {
    const reply = await askEntra(fake, form);
    expect(reply.status).toBe(status);
    expect(reply.json).toMatchObject({ error, error_codes: [code] });
    expect(reply.body.toString()).toContain(`AADSTS${code}`);
  });

  it("knows one tenant", async () => {
    expect(await askEntra(fake, {}, "contoso")).toMatchObject({ status: 400, json: { error: "invalid_tenant" } });
  });
});
