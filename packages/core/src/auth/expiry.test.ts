import { lookup } from "node:dns";
import { afterEach, describe, expect, it } from "vitest";
import { createTransport, type Transport } from "../../../../test/support/bare-transport.ts";
import { ScriptedAcr, type ScriptedAcrOptions } from "../../../../test/support/scripted-acr.ts";
import type { Credential, CredentialProvider } from "../credentials/credential.ts";
import type { HttpRequest } from "../http/message/message.ts";
import { Authenticator } from "./authenticator.ts";

const MINUTE_MS = 60_000;
const EXCHANGE = "POST /oauth2/exchange";
const TOKEN = "POST /oauth2/token";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A client whose clock is moved by hand, and a registry. */
class Bench {
  readonly acr: ScriptedAcr;
  readonly #authenticator: Authenticator;
  readonly #transport: Transport;
  #now = 1;

  private constructor(acr: ScriptedAcr, credentials: CredentialProvider) {
    this.acr = acr;
    this.#transport = createTransport({
      hostname: "127.0.0.1",
      tls: {},
      insecure: false,
      connections: 4,
      connectTimeoutMs: 10_000,
      environment: {},
      lookup,
      timeouts: { headersMs: 10_000, bodyMs: 10_000 },
    });
    this.#authenticator = new Authenticator({
      host: acr.host,
      credentials,
      send: (request) => this.#transport.send(request),
      checkRealm: (realm) => new URL(realm),
      now: () => this.#now,
    });
  }

  static async open(credentials: CredentialProvider, options: ScriptedAcrOptions = {}): Promise<Bench> {
    const acr = await ScriptedAcr.start(options);
    cleanups.push(() => acr[Symbol.asyncDispose]());
    const bench = new Bench(acr, credentials);
    cleanups.push(() => bench.#transport.close());
    return bench;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  /** Sends one request; gives what came at the registry besides it. */
  async send(init: Partial<HttpRequest> = {}): Promise<readonly string[]> {
    const before = this.acr.requests.length;
    const url = new URL(`http://${this.acr.host}/v2/app/blobs/uploads/1`);
    const request: HttpRequest = { method: "GET", url, kind: "upload", headers: {}, action: () => "test", ...init };
    const scopes = ["repository:app:pull,push"];
    const response = await this.#authenticator.authenticate({ ...request, scopes }, this.#transport.send);
    expect(response.status).toBe(200);
    await response.body.drop();
    return this.acr.requests.slice(before).filter((line) => line.includes("/oauth2/"));
  }

  /** One piece of a long upload. */
  patch(): Promise<readonly string[]> {
    return this.send({ method: "PATCH", body: () => Buffer.from("piece"), contentLength: 5 });
  }
}

const ENTRA: Credential = {
  kind: "entra",
  credential: { getToken: async () => ({ token: "aad", expiresOnTimestamp: Date.now() + 60 * MINUTE_MS }) },
};

describe("Authenticator with tokens that end", () => {
  it("reads the end of both tokens from their exp: access in 75 min, refresh in 3 h", async () => {
    const bench = await Bench.open(async () => ENTRA);
    expect(await bench.send()).toEqual([EXCHANGE, TOKEN]);
    bench.pass(74 * MINUTE_MS);
    expect(await bench.send()).toEqual([]);
    bench.pass(MINUTE_MS);
    expect(await bench.send()).toEqual([TOKEN]);
    bench.pass(105 * MINUTE_MS);
    expect(await bench.send()).toEqual([EXCHANGE, TOKEN]);
    // No request was refused but the first: what ends is replaced before it is used.
    expect(bench.acr.questions.filter(({ authorization }) => authorization === undefined)).toHaveLength(
      1 + bench.acr.requests.filter((line) => line.includes("/oauth2/")).length,
    );
  });

  it("replaces a token near its end before a body is sent, and not before a GET", async () => {
    const bench = await Bench.open(async () => ENTRA);
    await bench.patch();
    bench.pass(69 * MINUTE_MS);
    expect(await bench.patch()).toEqual([]);
    bench.pass(2 * MINUTE_MS);
    expect(await bench.send()).toEqual([]);
    expect(await bench.patch()).toEqual([TOKEN]);
    expect(await bench.patch()).toEqual([]);
  });

  it("keeps a quarter of a short life back for a body", async () => {
    const bench = await Bench.open(async () => ENTRA, { accessSeconds: 60 });
    await bench.patch();
    bench.pass(36_000);
    expect(await bench.patch()).toEqual([]);
    bench.pass(10_000);
    expect(await bench.patch()).toEqual([TOKEN]);
  });
});

describe("Authenticator with credentials that end", () => {
  it("asks the provider anew a minute before, and shows the new one", async () => {
    const asked: string[] = [];
    const bench = await Bench.open(
      async () => {
        asked.push("asked");
        const expiresAt = Date.now() + 60 * MINUTE_MS;
        return { kind: "basic", username: "AWS", password: `p${asked.length}`, expiresAt };
      },
      { script: ({ authorization }) => basic(authorization) },
    );
    await bench.send();
    bench.pass(58 * MINUTE_MS);
    await bench.send();
    bench.pass(MINUTE_MS);
    await bench.send();
    const shown = bench.acr.questions.map(({ authorization }) => passwordOf(authorization));
    expect(shown).toEqual([undefined, "p1", "p1", "p2"]);
  });

  it("uses one that claims to have ended for a minute, and doesn't loop", async () => {
    let asked = 0;
    const bench = await Bench.open(
      async () => {
        asked += 1;
        return { kind: "basic", username: "AWS", password: "p", expiresAt: Date.UTC(2020, 0) };
      },
      { script: ({ authorization }) => basic(authorization) },
    );
    await bench.send();
    bench.pass(59_000);
    await bench.send();
    expect(asked).toBe(1);
    bench.pass(1000);
    await bench.send();
    expect(asked).toBe(2);
  });
});

/** A registry with basic authentication. */
function basic(authorization: string | undefined): {
  readonly status: number;
  readonly headers: Record<string, string>;
} {
  return authorization === undefined
    ? { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } }
    : { status: 200, headers: {} };
}

function passwordOf(authorization: string | undefined): string | undefined {
  return authorization && Buffer.from(authorization.replace("Basic ", ""), "base64").toString().split(":")[1];
}
