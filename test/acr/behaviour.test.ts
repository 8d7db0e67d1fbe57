import { digestOf } from "@tranship/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AcrFake } from "./acr-fake.ts";
import { acrRequest } from "./acr-request.ts";
import { askEntra, askToken, bearer, claimsOf, exchange, field } from "./acr-token.ts";
import { behaviourOf } from "./behaviour.ts";
import { pushImage, textImage } from "./push-image.ts";
import { startAcrFake } from "./start-acr-fake.ts";

const IMAGE = textImage("an image");
const SCOPE = "repository:app:pull";
const TAGS = "/v2/app/tags/list";

describe("the behaviour of the ACR fake", () => {
  let fake: AcrFake;

  beforeAll(async () => {
    fake = await startAcrFake();
    await pushImage(fake, "app", IMAGE, ["v1", "v2"]);
  });
  afterAll(() => fake.close());
  afterEach(() => {
    Object.assign(fake.behaviour, behaviourOf());
  });

  it("aadToken: an expired one is refused although Entra just gave it away", async () => {
    fake.behaviour.aadToken = "expired";
    const reply = await askEntra(fake);
    expect(reply.json).toMatchObject({ expires_in: 3600 });
    expect(Number(claimsOf(field(reply, "access_token"))["exp"])).toBeLessThan(Date.now() / 1000);
    const refused = await exchange(fake, field(reply, "access_token"));
    expect(refused.status).toBe(401);
    expect(refused.body.toString()).toContain("expired");
  });

  it("exchange: every token is refused", async () => {
    fake.behaviour.exchange = "refused";
    expect(await exchange(fake)).toMatchObject({ status: 401, json: { errors: [{ code: "UNAUTHORIZED" }] } });
  });

  it("refreshToken, accessToken: a malformed one is no token, to anybody", async () => {
    fake.behaviour.accessToken = "malformed";
    const token = field(await askToken(fake, SCOPE), "access_token");
    expect(token.split(".")).toHaveLength(3);
    expect(() => claimsOf(token)).toThrow(SyntaxError);
    expect((await acrRequest(fake, TAGS, { auth: `Bearer ${token}` })).status).toBe(401);
    fake.behaviour.refreshToken = "malformed";
    expect((await askToken(fake, SCOPE)).status).toBe(401);
  });

  it("challenge: without its scope, or missing", async () => {
    fake.behaviour.challenge = "without scope";
    const bare = await acrRequest(fake, TAGS, { auth: "none" });
    expect(bare.headers["www-authenticate"]).toBe(
      `Bearer realm="https://${fake.host}/oauth2/token",service="${fake.host}"`,
    );
    fake.behaviour.challenge = "missing";
    const missing = await acrRequest(fake, TAGS, { auth: "none" });
    expect({ status: missing.status, header: missing.headers["www-authenticate"] }).toEqual({ status: 401 });
  });

  it("refusal: 401 or 403 whatever is shown, while tokens are given away", async () => {
    fake.behaviour.refusal = "unauthorized";
    const auth = await bearer(fake, SCOPE);
    const unauthorized = await acrRequest(fake, TAGS, { auth });
    expect(unauthorized.status).toBe(401);
    expect(unauthorized.headers["www-authenticate"]).toContain(`scope="${SCOPE}"`);
    fake.behaviour.refusal = "forbidden";
    expect(await acrRequest(fake, TAGS, { auth })).toMatchObject({
      status: 403,
      json: { errors: [{ code: "DENIED" }] },
    });
  });

  it("clockSkewSeconds: tokens and the Date header go by the fake's clock", async () => {
    fake.behaviour.clockSkewSeconds = -7200;
    const reply = await askToken(fake, SCOPE);
    const { exp } = claimsOf(field(reply, "access_token"));
    expect(Number(exp)).toBeLessThan(Date.now() / 1000);
    expect(Date.parse(reply.headers.date ?? "")).toBeLessThan(Date.now() - 7_000_000);
    const auth = `Bearer ${field(reply, "access_token")}`;
    expect((await acrRequest(fake, TAGS, { auth })).status).toBe(200);
  });

  it("pages: the next page is the same page", async () => {
    fake.behaviour.pages = "loop";
    const { headers } = await acrRequest(fake, "/acr/v1/app/_tags?n=1&last=v1");
    expect(headers["link"]).toBe('</acr/v1/app/_tags?n=1&last=v1>; rel="next"');
  });

  it("manifestDigest: the header names another manifest", async () => {
    fake.behaviour.manifestDigest = "wrong";
    const { body, headers } = await acrRequest(fake, "/v2/app/manifests/v1");
    expect(digestOf(body)).toBe(IMAGE.digest);
    expect(headers["docker-content-digest"]).not.toBe(IMAGE.digest);
  });

  it("throttled: so many requests are put off", async () => {
    fake.behaviour.throttled = 2;
    const status = async (): Promise<number> => (await acrRequest(fake, TAGS)).status;
    expect([await status(), await status(), await status()]).toEqual([429, 429, 200]);
    expect(fake.behaviour.throttled).toBe(0);
  });

  it("intercept: a test's own answer, or the fake's, altered", async () => {
    fake.behaviour.intercept = async (request, next) => {
      if (request.path === "/v2/") return { status: 503, body: "tired" };
      const answer = await next();
      return { ...answer, headers: { ...answer.headers, "x-test": request.method } };
    };
    expect(await acrRequest(fake, "/v2/")).toMatchObject({ status: 503 });
    expect(await acrRequest(fake, TAGS, { auth: "none" })).toMatchObject({ status: 401, headers: { "x-test": "GET" } });
  });

  it("is seen in the log, which has no secret", async () => {
    fake.requests.length = 0;
    await bearer(fake, SCOPE);
    await acrRequest(fake, TAGS, { headers: { "user-agent": "a test" } });
    expect(fake.requests).toMatchObject([
      { server: "entra", method: "POST", auth: "none", grantType: "client_credentials", status: 200 },
      { server: "registry", path: "/oauth2/exchange", auth: "none", grantType: "access_token", status: 200 },
      { server: "registry", path: "/oauth2/token", scope: SCOPE, grantType: "refresh_token", status: 200 },
      { server: "registry", path: TAGS, auth: "basic", userAgent: "a test", status: 200 },
    ]);
    expect(JSON.stringify(fake.requests)).not.toContain(fake.clientSecret);
  });
});
