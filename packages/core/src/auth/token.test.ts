import { describe, expect, it } from "vitest";
import { parseToken } from "./token.ts";
import { TokenCache } from "./token-cache.ts";

const ASKED = ["repository:a:pull,push"];

function parse(answer: unknown, date?: string): ReturnType<typeof parseToken> {
  return parseToken(JSON.stringify(answer), ASKED, date);
}

describe("parseToken()", () => {
  it("takes token, else access_token", () => {
    expect(parse({ token: "t", access_token: "a" }).value).toBe("t");
    expect(parse({ access_token: "a" }).value).toBe("a");
    expect(parse({ token: "", access_token: "a" }).value).toBe("a");
  });

  it.each([
    ["{", /no JSON/],
    ["[]", /no JSON object/],
    ["{}", /no token/],
    ['{"token":7}', /no token/],
    ['{"token":"a\\r\\nb"}', /characters/],
  ])("refuses %s", (text, reason) => {
    expect(() => parseToken(text, ASKED, undefined)).toThrow(reason);
  });

  it("never shows the token in its refusal", () => {
    expect(() => parse({ token: "secret token" })).not.toThrow(/secret/);
  });

  it("knows what was granted from the answer, else from the token, else as asked", () => {
    const payload = Buffer.from(
      JSON.stringify({ access: [{ type: "repository", name: "a", actions: ["pull"] }] }),
    ).toString("base64url");
    expect(parse({ token: "t", scope: "repository:a:pull" }).granted).toEqual(["repository:a:pull"]);
    expect(parse({ token: `h.${payload}.s` }).granted).toEqual(["repository:a:pull"]);
    expect(parse({ token: "h.e30.s" }).granted).toEqual(ASKED);
    const claiming = (access: unknown): string =>
      `h.${Buffer.from(JSON.stringify({ access })).toString("base64url")}.s`;
    const capital = [{ Type: "repository", Name: "a", Actions: ["pull"] }];
    expect(parse({ token: claiming(capital) }).granted).toEqual(["repository:a:pull"]);
    expect(parse({ token: claiming([]) }).granted).toEqual([]);
    expect(parse({ token: claiming([{ type: "repository", name: "a", actions: [] }]) }).granted).toEqual([]);
    expect(parse({ token: claiming([...capital, { kind: "other" }]) }).granted).toEqual(ASKED);
    expect(parse({ token: "t" }).granted).toEqual(ASKED);
  });

  it.each([
    [{}, undefined, 54_000],
    [{ expires_in: 5 }, undefined, 54_000],
    [{ expires_in: 300 }, undefined, 270_000],
    [{ expires_in: 3600 }, undefined, 3_570_000],
    [{ expires_in: "many" }, undefined, 54_000],
    // It was made 100 s before it was handed out, both by the server's clock.
    [{ expires_in: 300, issued_at: "2001-01-01T00:00:00Z" }, "Mon, 01 Jan 2001 00:01:40 GMT", 170_000],
    // A time of issue alone says nothing: whose clock is right?
    [{ expires_in: 300, issued_at: "2001-01-01T00:00:00Z" }, undefined, 270_000],
    [{ expires_in: 300, issued_at: "2001-01-01T00:02:00Z" }, "Mon, 01 Jan 2001 00:01:40 GMT", 270_000],
  ])("gives %j (Date: %s) a life of %i ms", (answer, date, ms) => {
    expect(parse({ token: "t", ...answer }, date).lifetimeMs).toBe(ms);
  });
});

describe("parseToken() without expires_in", () => {
  const DATE = "Mon, 01 Jan 2001 00:00:00 GMT";
  const SECONDS = Date.parse(DATE) / 1000;

  it.each([
    // What is left of it by the server's clock at the end of that second, less the reserve.
    [{ exp: SECONDS + 4500 }, DATE, 4_500_000 - 999 - 30_000],
    [{ exp: SECONDS + 101, iat: SECONDS - 900 }, DATE, (101_000 - 999) * 0.9],
    // Without the server's clock, and ours is outside of the token's life: from when it was made.
    [{ exp: 4500, iat: 0 }, undefined, 4_470_000],
    // ACR's are made 15 minutes back.
    [{ exp: SECONDS + 4500, iat: SECONDS - 900 }, DATE, 4_500_000 - 999 - 30_000],
    // It claims to have ended already: for one use.
    [{ exp: SECONDS - 60 }, DATE, 1],
    [{ exp: 0, iat: 60 }, undefined, 1],
    [{ exp: "soon" }, DATE, 54_000],
    [{}, DATE, 54_000],
  ])("takes the life of a JWT with %j (Date: %s) from its exp: %i ms", (claims, date, ms) => {
    const value = `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
    expect(parse({ access_token: value }, date).lifetimeMs).toBeCloseTo(ms, 6);
  });

  it("goes by our clock where the server tells none and the token lives by ours", () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = JSON.stringify({ iat: now - 900, exp: now + 4500 });
    const { lifetimeMs } = parse({ access_token: `h.${Buffer.from(claims).toString("base64url")}.s` });
    expect(lifetimeMs).toBeLessThanOrEqual(4_470_000);
    expect(lifetimeMs).toBeGreaterThan(4_400_000);
  });

  it("prefers what the answer says", () => {
    const value = `h.${Buffer.from('{"exp":1}').toString("base64url")}.s`;
    expect(parse({ token: value, expires_in: 300 }).lifetimeMs).toBe(270_000);
  });
});

describe("TokenCache", () => {
  const token = (value: string, granted: readonly string[], lifetimeMs = 1000) => ({ value, granted, lifetimeMs });

  it("gives a token for what was granted, not for what was asked", () => {
    const cache = new TokenCache();
    cache.add("me", ["repository:a:pull,push"], token("t", ["repository:a:pull"]));
    expect(cache.find("me", ["repository:a:pull"])?.value).toBe("t");
    expect(cache.find("me", ["repository:a:push"])).toBeUndefined();
    expect(cache.find("me", ["repository:b:pull"])).toBeUndefined();
  });

  it("gives a wider token for a narrower question", () => {
    const cache = new TokenCache();
    cache.add("me", ["repository:a:pull,push"], token("t", ["repository:a:pull,push"]));
    expect(cache.find("me", ["repository:a:pull"])?.value).toBe("t");
  });

  it("never gives one owner's token to another", () => {
    const cache = new TokenCache();
    cache.add("me", ["repository:a:pull"], token("t", ["repository:a:pull"]));
    expect(cache.find("you", ["repository:a:pull"])).toBeUndefined();
  });

  it("gives none near its end where a body will be sent, but another that lasts", () => {
    let now = 1;
    const cache = new TokenCache(() => now);
    cache.add("me", ["repository:a:pull"], token("t", ["repository:a:pull"], 1000));
    now = 752;
    expect(cache.find("me", ["repository:a:pull"])?.value).toBe("t");
    expect(cache.find("me", ["repository:a:pull"], { forBody: true })).toBeUndefined();
    cache.add("me", ["repository:a:pull,push"], token("u", ["repository:a:pull,push"], 1000));
    expect(cache.find("me", ["repository:a:pull"], { forBody: true })?.value).toBe("u");
  });

  it("gives none that has expired, or was removed", () => {
    let now = 1;
    const cache = new TokenCache(() => now);
    cache.add("me", ["repository:a:pull,push"], token("t", ["repository:a:pull"]));
    now = 1001;
    expect(cache.find("me", ["repository:a:pull"])?.value).toBe("t");
    now = 1002;
    expect(cache.find("me", ["repository:a:pull"])).toBeUndefined();
    cache.add("me", ["repository:a:pull,push"], token("u", ["repository:a:pull"]));
    cache.remove("u");
    expect(cache.find("me", ["repository:a:pull"])).toBeUndefined();
    expect(cache.find("me", ["repository:a:pull,push"])).toBeUndefined();
  });
});
