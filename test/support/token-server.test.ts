import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { CertificateAuthority } from "./certificates.ts";
import { TokenServer } from "./token-server.ts";
import { TokenSigner } from "./token-signer.ts";

const ANNA = `Basic ${Buffer.from("anna:secret").toString("base64")}`;

describePeers("TokenServer, as distribution sees it", ["openssl", "docker-registry"], (peers) => {
  const stack = new AsyncDisposableStack();
  let tokens: TokenServer;
  let host: string;

  beforeAll(async () => {
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-tokens-")));
    const authority = await CertificateAuthority.create(peers.openssl, folder.path);
    const certificate = await authority.issue("tokens");
    const signer = await TokenSigner.read(certificate);
    const users = { anna: { password: "secret", grants: { "team/app": ["pull"] } } };
    tokens = stack.use(await TokenServer.start({ signer, users }));
    const auth = {
      realm: tokens.realm,
      service: "tests",
      issuer: signer.issuer,
      certificate: authority.certificate,
    };
    ({ host } = stack.use(await startDistribution(peers["docker-registry"], { auth })));
  });
  afterAll(() => stack.disposeAsync());

  async function tokenFor(scope: string, authorization?: string): Promise<{ status: number; token: string }> {
    const url = `${tokens.realm}?service=tests&scope=${scope}`;
    const response = await fetch(url, { headers: authorization === undefined ? {} : { authorization } });
    const answer: unknown = await response.json();
    const token = answer !== null && typeof answer === "object" && "token" in answer ? String(answer.token) : "";
    return { status: response.status, token };
  }

  async function tags(token: string): Promise<number> {
    const response = await fetch(`http://${host}/v2/team/app/tags/list`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.arrayBuffer();
    return response.status;
  }

  it("gives a token that opens what was granted", async () => {
    const { token } = await tokenFor("repository:team/app:pull,push", ANNA);
    // The repository is empty: the token was taken.
    expect(await tags(token)).toBe(404);
    expect(tokens.requests.at(-1)).toMatchObject({ username: "anna", granted: ["repository:team/app:pull"] });
  });

  it("grants nothing of what the user may not do", async () => {
    expect(await tags((await tokenFor("repository:other/app:pull", ANNA)).token)).toBe(401);
    expect(await tags((await tokenFor("repository:team/app:pull")).token)).toBe(401);
  });

  it("refuses a wrong password", async () => {
    const wrong = `Basic ${Buffer.from("anna:guess").toString("base64")}`;
    expect(await tokenFor("repository:team/app:pull", wrong)).toMatchObject({ status: 401, token: "" });
  });
});
