import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ClientSecretCredential } from "@azure/identity";
import { AcrClient, type Credential, digestOf, type EntraCredential } from "@tranship/core";
import { expect, it } from "vitest";
import { Workbench } from "../cli/workbench.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { READER } from "./access/principals.ts";
import type { AcrFake } from "./acr-fake.ts";
import type { AcrFakeOptions } from "./acr-fake-options.ts";
import { behaviourOf } from "./behaviour.ts";
import { pushImage, textImage } from "./push-image.ts";
import { startAcrFake } from "./start-acr-fake.ts";

const MIB = 1024 * 1024;
const IMAGE = textImage("entra");

/** A fake with one image, and a client of it. */
interface Bench extends AsyncDisposable {
  readonly fake: AcrFake;
  readonly client: AcrClient;
  /** Who asked for what, since the image was pushed: `registry POST /oauth2/token repository:app:pull 200`. */
  lines(): readonly string[];
}

async function open(
  options: AcrFakeOptions & {
    readonly entra?: Partial<EntraCredential>;
    readonly credentials?: (fake: AcrFake) => Credential | undefined;
  } = {},
): Promise<Bench> {
  const { behaviour, entra, credentials, ...rest } = options;
  await using stack = new AsyncDisposableStack();
  const fake = stack.use(await startAcrFake(rest));
  const ca = await readFile(fake.caFile, "utf8");
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, ca]);
  stack.defer(() => setDefaultCACertificates(before));
  await pushImage(fake, "app", IMAGE, ["v1"]);
  fake.requests.length = 0;
  Object.assign(fake.behaviour, behaviourOf(behaviour));
  const client = new AcrClient({
    host: fake.host,
    tls: { ca: [ca] },
    retry: { baseDelayMs: 1 },
    credentials: credentials === undefined ? { ...identityOf(fake), ...entra } : credentials(fake),
  });
  stack.defer(() => client.close());
  const kept = stack.move();
  return {
    fake,
    client,
    lines: () =>
      fake.requests.map(({ server, method, path, scope, status }) =>
        [server, method, path, ...(scope === undefined ? [] : [scope]), status].join(" "),
      ),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What `@azure/identity` gives for the fake's service principal. */
function identityOf({ tenantId, clientId, clientSecret, authorityHost }: AcrFake): EntraCredential {
  const options = { authorityHost, disableInstanceDiscovery: true };
  return { kind: "entra", credential: new ClientSecretCredential(tenantId, clientId, clientSecret, options) };
}

async function failure(promise: Promise<unknown>, fake: AcrFake): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(fake.clientSecret);
  return error;
}

describePeers("An Entra identity at the ACR fake", ["openssl"], () => {
  it("costs a cold client one token of Entra, one exchange, and one token for each scope", async () => {
    await using bench = await open();
    const { client, fake } = bench;
    expect((await client.getManifest("app", "v1")).digest).toBe(IMAGE.digest);
    expect(bench.lines().filter((line) => line.startsWith("registry "))).toEqual([
      "registry GET /v2/app/manifests/v1 401",
      "registry POST /oauth2/exchange 200",
      "registry POST /oauth2/token repository:app:pull 200",
      "registry GET /v2/app/manifests/v1 200",
    ]);
    const ofEntra = bench.lines().filter((line) => line.startsWith("entra POST "));
    expect(ofEntra).toEqual([expect.stringMatching(/ https:\/\/containerregistry.azure.net\/.default.* 200$/)]);

    fake.requests.length = 0;
    await client.getManifest("app", IMAGE.digest);
    await client.getTagProperties("app", "v1");
    await client.getManifestProperties("app", IMAGE.digest);
    await Array.fromAsync(client.listRepositoryNames());
    expect(bench.lines()).toEqual([
      `registry GET /v2/app/manifests/${IMAGE.digest} 200`,
      "registry POST /oauth2/token repository:app:metadata_read 200",
      "registry GET /acr/v1/app/_tags/v1 200",
      `registry GET /acr/v1/app/_manifests/${IMAGE.digest} 200`,
      "registry POST /oauth2/token registry:catalog:* 200",
      "registry GET /acr/v1/_catalog 200",
    ]);
  });

  it("goes on with an upload whose token ends in the middle, and exchanges anew where the refresh token ended too", async () => {
    await using bench = await open();
    const { client, fake } = bench;
    const bytes = randomBytes(9 * MIB);
    const tokensBefore: number[] = [];
    const tokens = (): number => bench.lines().filter((line) => line.includes("POST /oauth2/token")).length;
    async function* stream(): AsyncGenerator<Uint8Array, void, void> {
      for (let at = 0; at < bytes.length; at += MIB) {
        if (at === 5 * MIB) {
          tokensBefore.push(tokens());
          fake.revoke("access");
          fake.revoke("refresh");
        }
        yield bytes.subarray(at, at + MIB);
      }
    }
    expect(await client.uploadBlob("app", stream())).toEqual({ digest: digestOf(bytes), size: bytes.length });
    expect(tokensBefore).toEqual([1]);
    expect(bench.lines().filter((line) => line.includes("POST /oauth2/exchange"))).toHaveLength(2);
  });

  it("asks anew for each token that lives for a moment, and is refused none", async () => {
    await using bench = await open({ lifetimes: { access: 1 } });
    for (let i = 0; i < 3; i += 1) await bench.client.getManifest("app", "v1");
    expect(bench.lines().filter((line) => line.includes("/manifests/v1 401"))).toHaveLength(1);
  });

  it.each([7200, -7200])("works with a registry whose clock is %i s ahead", async (clockSkewSeconds) => {
    await using bench = await open({ behaviour: { clockSkewSeconds } });
    await bench.client.getManifest("app", "v1");
    await bench.client.getManifest("app", "v1");
    expect(bench.lines().filter((line) => line.includes("POST /oauth2/"))).toHaveLength(2);
  });

  it("takes the audience that is given, and says so where the registry wants another", async () => {
    await using good = await open({ entra: { audience: "https://management.azure.com" } });
    await good.client.getManifest("app", "v1");
    await using bad = await open({ entra: { audience: "https://graph.microsoft.com" } });
    const error = await failure(bad.client.getManifest("app", "v1"), bad.fake);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(error.message).toMatch(
      /is for the audience "https:\/\/graph.microsoft.com" \(401\); the token of the Entra identity was/,
    );
  });
});

describePeers("Faults of the ACR fake", ["openssl"], () => {
  const EXCHANGE =
    /^Cannot read manifest "v1" of "127.0.0.1:\d+\/app": cannot exchange the Entra token at 127.0.0.1:\d+: /;

  it.each([
    [
      { aadToken: "expired" },
      "UNAUTHORIZED",
      401,
      /AAD access token is expired \(401\); the token of the Entra identity was refused/,
    ],
    [
      { aadToken: "malformed" },
      "UNAUTHORIZED",
      401,
      /token can't be validated \(401\); the token of the Entra identity was refused/,
    ],
    [
      { exchange: "refused" },
      "UNAUTHORIZED",
      401,
      /token can't be validated \(401\); the token of the Entra identity was refused/,
    ],
    [{ refreshToken: "malformed" }, "CREDENTIALS", 200, /the refresh token is no JWT$/],
  ] as const)("with %j there is one exchange and one error", async (behaviour, code, status, message) => {
    await using bench = await open({ behaviour });
    const error = await failure(bench.client.getManifest("app", "v1"), bench.fake);
    expect(error).toMatchObject({ code, status, method: "POST", url: `https://${bench.fake.host}/oauth2/exchange` });
    expect(error.message).toMatch(EXCHANGE);
    expect(error.message).toMatch(message);
    expect(bench.lines().filter((line) => line.startsWith("registry "))).toEqual([
      "registry GET /v2/app/manifests/v1 401",
      `registry POST /oauth2/exchange ${status}`,
    ]);
  });

  it.each([
    [
      { accessToken: "malformed" },
      "UNAUTHORIZED",
      401,
      /authentication required.* \(401\); the token of the Entra identity was refused/,
    ],
    [
      { refusal: "unauthorized" },
      "UNAUTHORIZED",
      401,
      /authentication required.* \(401\); the token of the Entra identity was refused/,
    ],
    [
      { refusal: "forbidden" },
      "DENIED",
      403,
      /requested access to the resource is denied \(403\); the Entra identity needs a role/,
    ],
  ] as const)("with %j there is one token and one error", async (behaviour, code, status, message) => {
    await using bench = await open({ behaviour });
    const error = await failure(bench.client.getManifest("app", "v1"), bench.fake);
    expect(error).toMatchObject({ code, status, url: `https://${bench.fake.host}/v2/app/manifests/v1` });
    expect(error.message).toMatch(message);
    expect(bench.lines().filter((line) => line.startsWith("registry "))).toEqual([
      "registry GET /v2/app/manifests/v1 401",
      "registry POST /oauth2/exchange 200",
      "registry POST /oauth2/token repository:app:pull 200",
      `registry GET /v2/app/manifests/v1 ${status}`,
    ]);
  });

  it("a challenge without scope is answered with the client's own, one that is missing is an error", async () => {
    await using scopeless = await open({ behaviour: { challenge: "without scope" } });
    await scopeless.client.getManifest("app", "v1");
    expect(scopeless.lines()).toContain("registry POST /oauth2/token repository:app:pull 200");
    await using missing = await open({ behaviour: { challenge: "missing" } });
    const error = await failure(missing.client.getManifest("app", "v1"), missing.fake);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(error.message).toMatch(/\(401\); it says nowhere how to authenticate, so no credentials were shown$/);
    expect(missing.lines()).toEqual(["registry GET /v2/app/manifests/v1 401"]);
  });

  it("an identity that may only read is told so at its first push", async () => {
    await using bench = await open({ servicePrincipal: READER });
    await bench.client.getManifest("app", "v1");
    const error = await failure(bench.client.uploadBlob("app", Buffer.from("new")), bench.fake);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(error.message).toMatch(/\(401\); the token of the Entra identity was refused; .*$/);
  });
});

describePeers("Other credentials at the ACR fake", ["openssl"], () => {
  const PULLER = { password: "token-pw", grants: { repositories: { app: ["pull"] }, catalog: false } } as const;

  it("anonymous access pulls where the registry lets it in, and by the form where GET is refused", async () => {
    await using bench = await open({ credentials: () => undefined });
    await bench.client.getManifest("app", "v1");
    expect(bench.lines()).toContain("registry GET /oauth2/token repository:app:pull 200");
    bench.fake.revoke("access");
    bench.fake.behaviour.intercept = (request, next) =>
      request.method === "GET" && request.path === "/oauth2/token" ? Promise.resolve({ status: 401 }) : next();
    await bench.client.getManifest("app", "v1");
    expect(bench.lines()).toContain("registry POST /oauth2/token repository:app:pull 200");
    await using closed = await open({ anonymousPull: false, credentials: () => undefined });
    const error = await failure(closed.client.getManifest("app", "v1"), closed.fake);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", status: 401 });
    expect(error.message).toMatch(/no credentials for 127.0.0.1:\d+ were given$/);
  });

  it("the admin user may everything, a repository-scoped token what it is for", async () => {
    const basic = (username: string, password: string): Credential => ({ kind: "basic", username, password });
    await using admin = await open({ credentials: ({ adminUser, adminPassword }) => basic(adminUser, adminPassword) });
    await admin.client.getManifest("app", "v1");
    await admin.client.uploadBlob("app", Buffer.from("new"));
    await using token = await open({ tokens: { puller: PULLER }, credentials: () => basic("puller", "token-pw") });
    await token.client.getManifest("app", "v1");
    const error = await failure(token.client.uploadBlob("app", Buffer.from("new")), token.fake);
    expect(error).toMatchObject({ code: "UNAUTHORIZED" });
    expect(error.message).not.toContain("token-pw");
  });
});

describePeers("The command at the ACR fake", ["openssl"], () => {
  it("finds the identity of AZURE_* variables by DefaultAzureCredential, and tells what was tried", async () => {
    await using stack = new AsyncDisposableStack();
    const { fake } = stack.use(await open());
    const bench = stack.use(await Workbench.open());
    const env = fake.environment;
    const args = ["--log-level", "debug", "ls", "--ca", fake.caFile, `${fake.host}/app`];
    const run = await bench.run(args, { env });
    expect(run).toMatchObject({ code: 0, stdout: "v1\n" });
    const place = `Credentials of ${fake.host}/app`;
    expect(run.stderr).toContain(`${place}: files and helpers: none`);
    expect(run.stderr).toContain(`${place}: environment: none`);
    expect(run.stderr).toContain(`${place}: cloud: an Entra identity from DefaultAzureCredential`);
    expect(run.stderr).not.toContain(fake.clientSecret);

    const wrong = { ...env, AZURE_CLIENT_SECRET: "wrong-s3cr3t" };
    fake.behaviour.intercept = ({ path }, next) =>
      path === "/oauth2/token" ? Promise.resolve({ status: 401 }) : next();
    const refused = await bench.run(args.slice(2), { env: wrong });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /\(401\); no credentials for .* were found \(DefaultAzureCredential: AADSTS7000215: Invalid client secret provided.\); log/,
    );
    expect(refused.stderr).not.toContain("s3cr3t");
  });
});
