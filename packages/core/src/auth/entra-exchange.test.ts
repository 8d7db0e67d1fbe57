import { describe, expect, it } from "vitest";
import {
  type AcrAnswer,
  ScriptedAcr,
  type ScriptedAcrOptions,
  unsignedJwt,
} from "../../../../test/support/scripted-acr.ts";
import type { Credential, EntraCredential } from "../credentials/credential.ts";
import type { AccessToken, TokenCredential } from "../credentials/token-credential.ts";
import type { RegistryRequest, RegistryTransport } from "../http/request.ts";
import { createRegistryTransport } from "../registry/transport/registry-transport.ts";

const SECRET = "aad-s3cr3t";
const CHALLENGED = "GET /v2/app/manifests/v1";

/** A credential that gives what it is told to, and remembers what it was asked. */
class Identity implements TokenCredential {
  readonly scopes: (string | string[])[] = [];
  readonly #give: (signal: AbortSignal | undefined) => Promise<AccessToken | null>;

  constructor(
    give: (signal: AbortSignal | undefined) => Promise<AccessToken | null> = async () => ({
      token: SECRET,
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  ) {
    this.#give = give;
  }

  getToken(scopes: string | string[], options?: { readonly abortSignal?: AbortSignal }) {
    this.scopes.push(scopes);
    return this.#give(options?.abortSignal);
  }
}

interface Setup extends AsyncDisposable {
  readonly acr: ScriptedAcr;
  readonly client: RegistryTransport;
  readonly identity: Identity;
  read(init?: Partial<RegistryRequest>): Promise<string>;
}

async function setup(
  options: ScriptedAcrOptions & {
    readonly identity?: Identity;
    readonly credential?: Partial<EntraCredential>;
    readonly credentials?: Credential | Identity;
  } = {},
): Promise<Setup> {
  const acr = await ScriptedAcr.start(options);
  const { identity = new Identity() } = options;
  const entra: Credential = { kind: "entra", credential: identity, ...options.credential };
  const client = createRegistryTransport({
    host: acr.host,
    credentials: options.credentials ?? entra,
    proxyEnv: {},
    sleep: async () => {},
  });
  return {
    acr,
    client,
    identity,
    async read(init = {}) {
      const { body } = await client.request({
        method: "GET",
        path: "/v2/app/manifests/v1",
        kind: "manifest",
        scopes: ["repository:app:pull"],
        accept: [200],
        ...init,
      });
      return new TextDecoder().decode(await body.bytes(1 << 20));
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await acr[Symbol.asyncDispose]();
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  expect(`${error} ${JSON.stringify(error)}`).not.toContain(SECRET);
  return error;
}

const at =
  (path: string, answer: AcrAnswer): NonNullable<ScriptedAcrOptions["script"]> =>
  (question) =>
    question.path === path ? answer : undefined;

describe("EntraExchange", () => {
  it("takes a bare token credential", async () => {
    const identity = new Identity();
    await using made = await setup({ credentials: identity });
    await using named = await setup();
    expect(await made.read()).toBe(await named.read());
  });

  it("asks for the Entra token, one exchange and one access token for each scope, and keeps them", async () => {
    await using bench = await setup();
    expect(await bench.read()).toBe("ok");
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange", "POST /oauth2/token", CHALLENGED]);
    expect(bench.identity.scopes).toEqual(["https://containerregistry.azure.net/.default"]);
    const [, exchange, token] = bench.acr.questions;
    expect(exchange?.form).toEqual({ grant_type: "access_token", service: bench.acr.host, access_token: SECRET });
    const [refresh] = bench.acr.refreshTokens;
    expect(token?.form).toMatchObject({
      grant_type: "refresh_token",
      service: bench.acr.host,
      scope: "repository:app:pull",
      refresh_token: refresh,
    });
    await bench.read();
    await bench.read({ scopes: ["repository:other:metadata_read"] });
    expect(bench.acr.requests.slice(4)).toEqual([CHALLENGED, "POST /oauth2/token", CHALLENGED]);
    expect(bench.identity.scopes).toHaveLength(1);
  });

  it("exchanges once for all who ask at once", async () => {
    await using bench = await setup();
    await Promise.all(["a", "b", "c"].map((name) => bench.read({ scopes: [`repository:${name}:pull`] })));
    expect(bench.acr.requests.filter((request) => request === "POST /oauth2/exchange")).toHaveLength(1);
  });

  it("asks for the audience that is given", async () => {
    await using bench = await setup({ credential: { audience: "https://management.azure.com/" } });
    await bench.read();
    expect(bench.identity.scopes).toEqual(["https://management.azure.com/.default"]);
  });

  it("exchanges anew when the refresh token was revoked", async () => {
    await using revoked = await setup();
    await revoked.read();
    revoked.acr.refreshTokens.clear();
    await revoked.read({ scopes: ["repository:other:pull"] });
    expect(revoked.acr.requests.slice(4)).toEqual([
      "POST /oauth2/token",
      "POST /oauth2/exchange",
      "POST /oauth2/token",
      CHALLENGED,
    ]);
  });

  it("uses a token that claims to have expired once, and doesn't loop", async () => {
    await using bench = await setup({ refreshSeconds: -7200, accessSeconds: -7200 });
    expect(await bench.read()).toBe("ok");
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange", "POST /oauth2/token", CHALLENGED]);
  });

  it("rejects with the signal's reason, and sends nothing after it", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    const identity = new Identity((signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => reject(new Error("an AbortError of its own")));
      stop.abort(reason);
      return promise;
    });
    await using bench = await setup({ identity });
    await expect(bench.read({ call: { signal: stop.signal } })).rejects.toBe(reason);
    expect(bench.acr.requests).toEqual([CHALLENGED]);
  });
});

describe("EntraExchange, faults", () => {
  const refused = { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] };

  it("says that an Entra token had expired", async () => {
    const identity = new Identity(async () => ({ token: SECRET, expiresOnTimestamp: Date.UTC(2020, 0, 1) }));
    await using bench = await setup({ identity, script: at("/oauth2/exchange", { status: 401, body: refused }) });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401, url: `http://${bench.acr.host}/oauth2/exchange` });
    expect(error.message).toBe(
      `Cannot exchange the Entra token at ${bench.acr.host}: authentication required (401); the Entra token expired at ` +
        `2020-01-01T00:00:00.000Z; the token of the Entra identity was refused; sign in again, and check this machine's clock`,
    );
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange"]);
  });

  it.each([
    [
      401,
      "UNAUTHORIZED",
      /authentication required \(401\); the token of the Entra identity was refused; sign in again/,
    ],
    [400, "UNAUTHORIZED", /authentication required \(400\); the token of the Entra identity was refused/],
    [403, "DENIED", /access is denied \(403\); the Entra identity needs a role at \S+, such as AcrPull/],
    [404, "NAME_UNKNOWN", /not found \(404\)$/],
  ])("says what a refused exchange (%i) means, once", async (status, code, message) => {
    const body = code === "UNAUTHORIZED" ? refused : "";
    await using bench = await setup({ script: at("/oauth2/exchange", { status, body }) });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code, status, method: "POST", message: expect.stringMatching(message) });
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange"]);
  });

  it.each([
    ["text", "<html>", "the answer is no JSON"],
    ["a list", [], "the answer is no JSON object"],
    ["nothing", {}, "the answer has no refresh token"],
    ["no text", { refresh_token: 7 }, "the answer has no refresh token"],
    ["a word", { refresh_token: SECRET }, "the refresh token is no JWT"],
    ["three words", { refresh_token: `a.${SECRET}.b` }, "the refresh token is no JWT"],
    ["no expiry", { refresh_token: unsignedJwt({ iat: 1 }) }, "the refresh token has no time of expiry"],
    ["a bad expiry", { refresh_token: unsignedJwt({ exp: "never" }) }, "the refresh token has no time of expiry"],
  ])("says CREDENTIALS for an exchange that gives %s", async (_, body, detail) => {
    await using bench = await setup({ script: at("/oauth2/exchange", { body }) });
    expect(await failure(bench.read())).toMatchObject({
      code: "CREDENTIALS",
      message: `Cannot exchange the Entra token at ${bench.acr.host}: ${detail}`,
      url: `http://${bench.acr.host}/oauth2/exchange`,
    });
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange"]);
  });

  it("says CREDENTIALS where the credential fails or gives nothing, and asks the registry nothing", async () => {
    const cause = new Error(`AADSTS7000215: Invalid client secret.\nTrace ID: ${SECRET}`);
    const scope = "https://containerregistry.azure.net/.default";
    await using broken = await setup({ identity: new Identity(() => Promise.reject(cause)) });
    const error = await failure(broken.read());
    expect(error).toMatchObject({ code: "CREDENTIALS", cause });
    expect(error.message).toBe(
      `Cannot exchange the Entra token at ${broken.acr.host}: no token for "${scope}": AADSTS7000215: Invalid client secret.`,
    );
    await using none = await setup({ identity: new Identity(async () => null) });
    expect((await failure(none.read())).message).toMatch(/the credential gave no token for "https:/);
    expect([...broken.acr.requests, ...none.acr.requests]).toEqual([CHALLENGED, CHALLENGED]);
  });

  it("asks for its own scopes where the challenge has none, and for none where there are none", async () => {
    const script: ScriptedAcrOptions["script"] = ({ path, authorization }, acr) =>
      path.startsWith("/v2/") && authorization === undefined
        ? { status: 401, headers: { "www-authenticate": acr.challenge({ scope: "" }) } }
        : undefined;
    for (const [path, scopes, asked] of [
      ["/v2/app/manifests/v1", ["repository:app:pull"], "repository:app:pull"],
      ["/v2/", [], undefined],
    ] as const) {
      await using bench = await setup({ script });
      expect(await bench.read({ path, scopes })).toBe("ok");
      expect(bench.acr.questions.find((question) => question.path === "/oauth2/token")?.form["scope"]).toBe(asked);
    }
  });

  it("sends no Entra token to a service that is not the registry's own", async () => {
    await using other = await ScriptedAcr.start();
    await using bench = await setup({
      script: ({ path }, acr) =>
        path.startsWith("/v2/")
          ? {
              status: 401,
              headers: { "www-authenticate": acr.challenge({ realm: `http://${other.host}/oauth2/token` }) },
            }
          : undefined,
    });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code: "CREDENTIALS" });
    expect(error.message).toMatch(/token service 127.0.0.1:\d+ is not the registry's own, and an Entra token is sent/);
    expect(bench.identity.scopes).toEqual([]);
    expect(other.requests).toEqual([]);
  });

  it("ends where a 401 repeats, with each token asked for once", async () => {
    await using bench = await setup({
      script: ({ path }, acr) =>
        path.startsWith("/v2/") ? { status: 401, headers: { "www-authenticate": acr.challenge() } } : undefined,
    });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(error.message).toMatch(
      /^Cannot read manifest "v1" from "127.*\(401\); the token of the Entra identity was refused; .*, or the roles/,
    );
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange", "POST /oauth2/token", CHALLENGED]);
  });

  it("ends where the token service refuses again and again", async () => {
    await using bench = await setup({ script: at("/oauth2/token", { status: 401 }) });
    expect(await failure(bench.read())).toMatchObject({ code: "UNAUTHORIZED" });
    expect(bench.acr.requests).toEqual([CHALLENGED, "POST /oauth2/exchange", "POST /oauth2/token"]);
    expect(await failure(bench.read())).toMatchObject({ code: "UNAUTHORIZED" });
    expect(bench.acr.requests.slice(3)).toEqual(["POST /oauth2/token", "POST /oauth2/exchange", "POST /oauth2/token"]);
  });

  it("says DENIED for a 403 of the registry", async () => {
    const denied = { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] };
    await using bench = await setup({
      script: ({ authorization }) => (authorization === undefined ? undefined : { status: 403, body: denied }),
    });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code: "DENIED", status: 403 });
    expect(error.message).toMatch(
      /: requested access to the resource is denied \(403\); the Entra identity needs a role at \S+, such as AcrPull or AcrPush$/,
    );
  });
});

describe("Anonymous access to ACR", () => {
  const anonymous: Credential = { kind: "anonymous", reason: "Azure: no identity" };

  it("takes the form with an empty refresh token where GET is refused, and remembers that", async () => {
    await using bench = await setup({ credentials: anonymous });
    expect(await bench.read()).toBe("ok");
    await bench.read({ scopes: ["repository:other:pull"] });
    expect(bench.acr.requests).toEqual([
      CHALLENGED,
      "GET /oauth2/token",
      "POST /oauth2/token",
      CHALLENGED,
      "POST /oauth2/token",
      CHALLENGED,
    ]);
    expect(bench.acr.questions[2]?.form).toMatchObject({
      grant_type: "password",
      refresh_token: "",
      service: bench.acr.host,
      scope: "repository:app:pull",
    });
  });

  it("ends in one error that says why there are no credentials", async () => {
    await using bench = await setup({ credentials: anonymous, script: at("/oauth2/token", { status: 401 }) });
    const error = await failure(bench.read());
    expect(error).toMatchObject({ code: "UNAUTHORIZED" });
    expect(error.message).toMatch(/\(401\); no credentials for 127.0.0.1:\d+ were found \(Azure: no identity\)$/);
    expect(bench.acr.requests).toEqual([CHALLENGED, "GET /oauth2/token", "POST /oauth2/token"]);
  });
});
