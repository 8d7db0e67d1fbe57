import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { BASIC, client, failure, read, serve } from "../../../../test/support/transport-setup.ts";
import type { Credential } from "../credentials/credential.ts";
import type { RequestRecord } from "../store/store.ts";

interface TokenQuestion {
  readonly method: string | undefined;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

interface Tokens {
  readonly host: string;
  readonly questions: TokenQuestion[];
  /** What the registry was shown, request by request. */
  readonly shown: (string | undefined)[];
  /** Tokens that are good; by default each that was given. */
  readonly good: Set<string>;
}

/** A registry with bearer tokens and its token service, on one server. */
async function tokenRegistry(
  answer: (question: TokenQuestion, response: ServerResponse) => unknown = () => ({}),
  scope = "repository:app:pull",
): Promise<Tokens> {
  const tokens: Tokens = { host: "", questions: [], shown: [], good: new Set() };
  const host = await serve(async (incoming, response): Promise<unknown> => {
    const url = new URL(incoming.url ?? "", "http://x");
    if (url.pathname === "/token") {
      const question: TokenQuestion = {
        method: incoming.method,
        query: url.searchParams,
        form: new URLSearchParams(await textOf(incoming)),
        authorization: incoming.headers.authorization,
      };
      tokens.questions.push(question);
      const token = `token-${tokens.questions.length}`;
      const extra = answer(question, response);
      if (response.writableEnded || extra === undefined) return response.end();
      tokens.good.add(token);
      return response.end(JSON.stringify({ token, expires_in: 300, ...(extra as object) }));
    }
    await textOf(incoming);
    tokens.shown.push(incoming.headers.authorization);
    if (tokens.good.has(incoming.headers.authorization?.replace("Bearer ", "") ?? "")) return response.end("ok");
    const realm = `http://${incoming.headers.host}/token?x=1`;
    response.setHeader("www-authenticate", `Bearer realm="${realm}",service="svc",scope="${scope}"`);
    return response.writeHead(401).end();
  });
  return Object.assign(tokens, { host });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of incoming) text += piece;
  return text;
}

describe("RegistryTransport.request() with tokens", () => {
  it("sends no ping: the first request brings the challenge, later ones their token", async () => {
    const tokens = await tokenRegistry();
    const made = client(tokens.host);
    const records: RequestRecord[] = [];
    const onExchange = (record: RequestRecord): void => void records.push(record);
    expect(await read(made, { call: { onExchange } })).toBe("ok");
    expect(await read(made, { call: { onExchange } })).toBe("ok");
    expect(records.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      "manifest 401",
      "token 200",
      "manifest 200",
      "manifest 200",
    ]);
    expect(tokens.questions[0]?.query.getAll("scope")).toEqual(["repository:app:pull"]);
    expect(tokens.questions[0]?.query.get("service")).toBe("svc");
    expect(tokens.questions[0]?.query.get("x")).toBe("1");
    expect(tokens.questions[0]?.authorization).toBeUndefined();
    await read(made, { scopes: ["repository:app:push", "repository:other:pull"] });
    expect(tokens.shown.slice(2)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(tokens.questions[1]?.query.getAll("scope")).toEqual(["repository:app:push", "repository:other:pull"]);
  });

  it("asks once for what many ask at once", async () => {
    const tokens = await tokenRegistry();
    const made = client(tokens.host);
    await read(made);
    tokens.questions.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => read(made, { scopes: ["repository:other:pull"] })));
    expect(tokens.questions).toHaveLength(1);
  });

  it("merges the challenge's scope with its own", async () => {
    const tokens = await tokenRegistry(() => ({}), "repository:app:pull,push");
    await read(client(tokens.host), { scopes: ["repository:app:pull", "repository:other:pull"] });
    expect(tokens.questions[0]?.query.getAll("scope")).toEqual(["repository:app:pull,push", "repository:other:pull"]);
  });

  it("uses a token for what was granted only", async () => {
    const tokens = await tokenRegistry(() => ({ scope: "repository:app:pull" }));
    const made = client(tokens.host);
    await read(made, { scopes: ["repository:app:pull,push"] });
    await read(made, { scopes: ["repository:app:pull"] });
    expect(tokens.questions).toHaveLength(1);
    await read(made, { scopes: ["repository:app:push"] });
    expect(tokens.questions).toHaveLength(2);
  });

  it("replaces a token that is no longer good, once", async () => {
    const tokens = await tokenRegistry();
    const made = client(tokens.host);
    await read(made);
    tokens.good.clear();
    expect(await read(made)).toBe("ok");
    expect(tokens.questions).toHaveLength(2);
  });

  it("ends in UNAUTHORIZED where a fresh token is refused too", async () => {
    const tokens = await tokenRegistry();
    tokens.good.add = () => tokens.good;
    const error = await failure(read(client(tokens.host, { credentials: BASIC })));
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(String(error)).toMatch(
      /^RegistryError: Cannot read manifest "latest" from "127.0.0.1:\d+\/app": .*\(401\); the credentials for 127.0.0.1:\d+ were refused$/,
    );
    expect(tokens.shown).toHaveLength(2);
  });

  it("makes a body anew after a challenge", async () => {
    const tokens = await tokenRegistry();
    let made = 0;
    const body = (): Uint8Array => {
      made += 1;
      return Buffer.from("body");
    };
    await read(client(tokens.host), { method: "PUT", body, contentLength: 4 });
    expect(made).toBe(2);
  });

  it("shows user and password to the token service by GET, and by the OAuth2 form where GET is not known", async () => {
    const basic = `Basic ${Buffer.from("user:secret-pw").toString("base64")}`;
    const tokens = await tokenRegistry(({ method }, response) => {
      if (method === "POST") return {};
      response.statusCode = 405;
      return undefined;
    });
    await read(client(tokens.host, { credentials: BASIC }));
    const [get, post] = tokens.questions;
    expect(get).toMatchObject({ method: "GET", authorization: basic });
    expect(get?.query.get("account")).toBe("user");
    expect(Object.fromEntries(post?.form ?? [])).toMatchObject({
      grant_type: "password",
      username: "user",
      password: "secret-pw",
    });
    expect(tokens.shown.join()).not.toContain("Basic");
  });

  it("exchanges an identity token by the OAuth2 form", async () => {
    const tokens = await tokenRegistry();
    await read(client(tokens.host, { credentials: { kind: "identity", token: "refresh-me" } }));
    expect(tokens.questions).toHaveLength(1);
    expect(tokens.questions[0]?.method).toBe("POST");
    expect(Object.fromEntries(tokens.questions[0]?.form ?? [])).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh-me",
      service: "svc",
      scope: "repository:app:pull",
    });
  });

  it("shows a ready access token, after the challenge only", async () => {
    const tokens = await tokenRegistry();
    tokens.good.add("ready");
    await read(client(tokens.host, { credentials: { kind: "bearer", token: "ready" } }));
    expect(tokens.shown).toEqual([undefined, "Bearer ready"]);
    expect(tokens.questions).toHaveLength(0);
  });

  it.each([
    [401, "UNAUTHORIZED"],
    [400, "UNAUTHORIZED"],
    [403, "DENIED"],
  ])("says what a token service's %i means, without the secret", async (status, code) => {
    const tokens = await tokenRegistry((_, response) => void response.writeHead(status).end());
    const error = await failure(read(client(tokens.host, { credentials: BASIC })));
    expect(error).toMatchObject({ code, status });
    expect(String(error)).toMatch(/Cannot get a token for "repository:app:pull" from 127/);
    expect(JSON.stringify(error) + String(error)).not.toContain("secret");
  });

  it("says CREDENTIALS for an answer without a token", async () => {
    const tokens = await tokenRegistry((_, response) => void response.end("<html>"));
    expect(await failure(read(client(tokens.host)))).toMatchObject({ code: "CREDENTIALS" });
  });

  it("tries a failing token service again, but not once more for each try of the request", async () => {
    const tokens = await tokenRegistry((_, response) => void response.writeHead(503).end());
    const error = await failure(read(client(tokens.host, { retry: { attempts: 3 } })));
    expect(error).toMatchObject({ status: 503 });
    expect(tokens.questions).toHaveLength(3);
  });

  it("asks the provider once per repository", async () => {
    const tokens = await tokenRegistry();
    const asked: unknown[] = [];
    const credentials = async (request: unknown): Promise<Credential> => {
      asked.push(request);
      return BASIC;
    };
    const made = client(tokens.host, { credentials });
    await Promise.all([read(made), read(made)]);
    await read(made, { scopes: ["repository:other:pull"] });
    expect(asked).toEqual([
      { host: tokens.host, repository: "app" },
      { host: tokens.host, repository: "other" },
    ]);
  });
});
