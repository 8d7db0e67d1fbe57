import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copy, verifyImage } from "@tranship/copy";
import { type Credential, MemoryStore, Registry, type RegistryOptions } from "@tranship/core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { type DistributionOptions, HTPASSWD_USER, startDistribution } from "../peers/distribution.ts";
import { skopeoOracle } from "../peers/oracles.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { TokenServer } from "../support/token-server.ts";
import { TokenSigner } from "../support/token-signer.ts";

const IMAGE = { store: new MemoryStore(), reference: "v1" };
const HTPASSWD: Credential = { kind: "basic", ...HTPASSWD_USER };

beforeAll(async () => {
  await seed(IMAGE.store, sampleIndex(), IMAGE.reference);
});

for (const [version, binary] of [
  ["2.8", "docker-registry"],
  ["3.1", "registry"],
] as const) {
  describePeers(`distribution ${version} with htpasswd`, [binary, "skopeo"], (peers) => {
    const { start } = registries(peers[binary], { auth: "htpasswd" });

    it("copy() with the right password, and skopeo reads it", async () => {
      const registry = await start({ credentials: HTPASSWD });
      const { root } = await copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      const { username, password } = HTPASSWD_USER;
      const flags = ["--src-tls-verify=false", "--src-creds", `${username}:${password}`];
      const read = skopeoOracle(peers.skopeo, flags);
      expect(await read(`docker://${registry.host}/team/app:v1`)).toBe(root.digest);
    });

    it.each([
      ["a wrong password", { ...HTPASSWD, password: "guessed" }],
      ["no credentials", undefined],
    ])("copy() with %s is UNAUTHORIZED", async (_, credentials) => {
      const registry = await start({ credentials });
      const copying = copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      await expect(copying).rejects.toMatchObject({ side: "target", cause: { code: "UNAUTHORIZED", status: 401 } });
      await expect(copying).rejects.not.toThrow(/guessed/);
    });
  });

  describePeers(`distribution ${version} with bearer tokens`, [binary, "openssl"], (peers) => {
    const stack = new AsyncDisposableStack();
    let tokens: TokenServer;
    let auth: DistributionOptions["auth"];
    beforeAll(async () => {
      ({ tokens, auth } = await startTokens(stack, peers.openssl));
    });
    afterAll(() => stack.disposeAsync());
    beforeEach(() => {
      tokens.requests.length = 0;
    });
    const { start } = registries(peers[binary], () => ({ auth }));
    const anna: Credential = { kind: "basic", username: "anna", password: "secret" };
    const reader: Credential = { kind: "basic", username: "reader", password: "only" };

    it("copy() asks for one token for each scope, and mounts what another repository has", async () => {
      const registry = await start({ credentials: anna });
      await copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      const from = { store: registry.repository("team/app"), reference: "v1" };
      const second = await copy(from, { store: registry.repository("team/other"), reference: "v1" });
      expect(second.mounted.count).toBe(sampleIndex().blobs.length);
      const scopes = tokens.requests.map(({ scopes }) => scopes.toSorted().join(" "));
      expect(scopes).toContain("repository:team/app:pull,push");
      expect(new Set(scopes).size).toBe(scopes.length);
    });

    it("copy() exchanges an identity token", async () => {
      const registry = await start({ credentials: { kind: "identity", token: "refresh-anna" } });
      await copy(IMAGE, { store: registry.repository("team/identity"), reference: "v1" });
      expect(new Set(tokens.requests.map(({ method, username }) => `${method} ${username}`))).toEqual(
        new Set(["POST anna"]),
      );
    });

    it("copy() to a repository that may only be read is refused, and reading it works", async () => {
      const writer = await start({ credentials: anna });
      const { root } = await copy(IMAGE, { store: writer.repository("team/app"), reference: "v1" });
      const registry = await start({ credentials: reader }, writer.host);
      const image = { store: registry.repository("team/app"), reference: "v1" };
      expect((await verifyImage(image)).root.digest).toBe(root.digest);
      const copying = copy(IMAGE, { store: registry.repository("team/app"), reference: "v2" });
      await expect(copying).rejects.toMatchObject({ side: "target", cause: { status: 401 } });
    });

    it("copy() of what its credentials may not mount sends the bytes", async () => {
      const writer = await start({ credentials: anna });
      await copy(IMAGE, { store: writer.repository("team/app"), reference: "v1" });
      const other: Credential = { kind: "basic", username: "other", password: "only" };
      const registry = await start({ credentials: other }, writer.host);
      const from = { store: writer.repository("team/app"), reference: "v1" };
      const result = await copy(from, { store: registry.repository("other/app"), reference: "v1" });
      expect(result).toMatchObject({ outcome: "copied", mounted: { count: 0 } });
    });

    it("a wrong password is refused by the token server, and said", async () => {
      const registry = await start({ credentials: { kind: "basic", username: "anna", password: "guessed" } });
      const resolving = registry.repository("team/app").resolve("v1");
      await expect(resolving).rejects.toMatchObject({ code: "UNAUTHORIZED" });
      await expect(resolving).rejects.not.toThrow(/guessed/);
    });
  });

  describePeers(`distribution ${version} with TLS of a private authority`, [binary, "openssl", "skopeo"], (peers) => {
    const stack = new AsyncDisposableStack();
    let authority: CertificateAuthority;
    let options: DistributionOptions;
    let client: { cert: string; key: string };
    beforeAll(async () => {
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-tls-")));
      authority = await CertificateAuthority.create(peers.openssl, folder.path);
      options = { tls: await authority.issue("server") };
      const { certificate, key } = await authority.issue("client", { use: "clientAuth" });
      client = { cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
    });
    afterAll(() => stack.disposeAsync());
    const { start } = registries(peers[binary], () => options);

    it("copy() trusts the authority that it is given, and skopeo reads it", async () => {
      const registry = await start({ tls: { ca: [await readFile(authority.certificate, "utf8")] } });
      const { root } = await copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      const read = skopeoOracle(peers.skopeo, ["--src-cert-dir", authority.folder]);
      expect(await read(`docker://${registry.host}/team/app:v1`)).toBe(root.digest);
    });

    it("copy() with insecure asks for no authority", async () => {
      const registry = await start({ insecure: true });
      const result = await copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      expect(result.outcome).toBe("copied");
    });

    it("copy() refuses an unknown authority, and falls back to nothing", async () => {
      const registry = await start({});
      const copying = copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      await expect(copying).rejects.toMatchObject({ side: "target", cause: { code: "TLS" } });
    });

    it("copy() shows its certificate where the registry asks for one", async () => {
      options = { ...options, clientAuthority: authority.certificate };
      const ca = [await readFile(authority.certificate, "utf8")];
      const registry = await start({ tls: { ca, ...client } });
      const result = await copy(IMAGE, { store: registry.repository("team/app"), reference: "v1" });
      expect(result.outcome).toBe("copied");
      const stranger = await start({ tls: { ca } }, registry.host);
      const copying = copy(IMAGE, { store: stranger.repository("team/app"), reference: "v1" });
      // TLS 1.3: the alert comes after the handshake, and the end of the connection may be seen first.
      await expect(copying).rejects.toMatchObject({ cause: { code: expect.stringMatching(/^(TLS|NETWORK)$/) } });
    });
  });
}

/** Clients of an empty registry of its own for each test; or of one that the test has. */
function registries(
  path: string,
  options: DistributionOptions | (() => DistributionOptions),
): { readonly start: (client: Omit<RegistryOptions, "host">, host?: string) => Promise<Registry> } {
  const stack = new AsyncDisposableStack();
  afterAll(() => stack.disposeAsync());
  return {
    start: async (client, host) => {
      const started = async () => {
        const server = await startDistribution(path, typeof options === "function" ? options() : options);
        return stack.use(server).host;
      };
      return stack.use(new Registry({ host: host ?? (await started()), ...client }));
    },
  };
}

/** A token server: `anna` may do all, `reader` may pull from one, `other` has one of its own. */
async function startTokens(
  stack: AsyncDisposableStack,
  openssl: string,
): Promise<{ readonly tokens: TokenServer; readonly auth: DistributionOptions["auth"] }> {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-tokens-")));
  const authority = await CertificateAuthority.create(openssl, folder.path);
  const signer = await TokenSigner.read(await authority.issue("tokens"));
  const users = {
    anna: { password: "secret", grants: { "*": ["pull", "push"] } },
    reader: { password: "only", grants: { "team/app": ["pull"] } },
    other: { password: "only", grants: { "other/app": ["pull", "push"] } },
  };
  const tokens = stack.use(await TokenServer.start({ signer, users }));
  const auth = { realm: tokens.realm, service: "tests", issuer: signer.issuer, certificate: authority.certificate };
  return { tokens, auth };
}
