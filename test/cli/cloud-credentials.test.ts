import { describe, expect, it } from "vitest";
import { pushImage, textImage } from "../acr/push-image.ts";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { type CloudAnswer, type CloudCall, FakeCloud } from "../support/fake-cloud.ts";
import { refusingModules } from "../support/refusing-modules.ts";
import { ScriptedAcr } from "../support/scripted-acr.ts";
import { Workbench } from "./workbench.ts";

const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const PKG = "europe-west4-docker.pkg.dev";
const TAGS = { name: "app", tags: ["v1"] };
/** The parts of the command that hold the libraries of clouds. */
const LIBRARIES = "(azure|aws)-identity|(ecr|google)(-public)?-credential";
/** Metadata services where none is: nothing of a test leaves loopback. */
const NOWHERE = { AWS_EC2_METADATA_DISABLED: "true", METADATA_SERVER_DETECTION: "none" };

/** A registry that takes one user and password. As a proxy it has whatever name is asked for, so that it can be a cloud's. */
function basicRegistry(userAndPassword: string): Promise<FakeCloud> {
  const wanted = `Basic ${Buffer.from(userAndPassword).toString("base64")}`;
  return FakeCloud.start(({ headers }) =>
    headers.authorization === wanted
      ? { body: TAGS }
      : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: "{}" },
  );
}

describe("the command, with identities of clouds", () => {
  it("loads no cloud's library for another registry", async () => {
    await using bench = await Workbench.open();
    const { address } = await bench.serve();
    const env = { ...NOWHERE, ...refusingModules(LIBRARIES), AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    expect(await bench.run(["repos", address], { env })).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("lists tags of ECR", async () => {
    await using bench = await Workbench.open();
    await using registry = await basicRegistry("AWS:ecr-pass");
    const authorizationToken = Buffer.from("AWS:ecr-pass").toString("base64");
    await using ecr = await FakeCloud.start(() => ({ body: { authorizationData: [{ authorizationToken }] } }));
    const env = {
      ...NOWHERE,
      http_proxy: registry.url,
      AWS_ENDPOINT_URL_ECR: ecr.url,
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: "s3cr3t",
    };
    const run = await bench.run(["ls", "--plain-http", ECR, `${ECR}/app`], { env });
    expect(run).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
    expect(ecr.calls).toHaveLength(1);
  });

  it("says in one line why ECR refuses, where there is no identity", async () => {
    await using bench = await Workbench.open();
    await using registry = await basicRegistry("AWS:ecr-pass");
    const env = { ...NOWHERE, http_proxy: registry.url };
    const run = await bench.run(["ls", "--plain-http", ECR, `${ECR}/app`], { env });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(
      new RegExp(
        `^tranship: Cannot list the tags of "${ECR}/app": .*\\(401\\); no credentials for ${ECR} were found ` +
          `\\(Amazon ECR: no identity was found\\); log in with: tranship login ${ECR}\n$`,
      ),
    );
  });

  it("lists tags of Google's Artifact Registry", async () => {
    await using bench = await Workbench.open();
    await using registry = await basicRegistry("oauth2accesstoken:google-token");
    await using machine = await FakeCloud.start(metadata);
    const env = { http_proxy: registry.url, no_proxy: "127.0.0.1", GCE_METADATA_HOST: machine.host };
    const run = await bench.run(["ls", "--plain-http", PKG, `${PKG}/p/app`], { env });
    expect(run).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
  });

  it("lists tags of a registry that TRANSHIP_ACR_HOSTS names, as a managed identity", async () => {
    await using bench = await Workbench.open();
    await using acr = await ScriptedAcr.start({
      script: ({ path, authorization }) =>
        path.startsWith("/v2/") && authorization !== undefined ? { body: TAGS } : undefined,
    });
    const expires_on = String(Math.floor(Date.now() / 1000) + 3600);
    await using identity = await FakeCloud.start(() => ({ body: { access_token: "aad", expires_on, resource: "r" } }));
    const env = {
      ...NOWHERE,
      TRANSHIP_ACR_HOSTS: acr.host,
      AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      IDENTITY_ENDPOINT: identity.url,
      IDENTITY_HEADER: "h",
    };
    const run = await bench.run(["ls", "--plain-http", acr.host, `${acr.host}/app`], { env });
    expect(run).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
    expect(acr.requests.map((line) => line.split("?")[0])).toEqual([
      "GET /v2/app/tags/list",
      "POST /oauth2/exchange",
      "POST /oauth2/token",
      "GET /v2/app/tags/list",
    ]);
    expect(identity.calls).toHaveLength(1);
  });

  it("warns that the Entra identity of the environment was refused, and goes on anonymously", async () => {
    await using bench = await Workbench.open();
    await using fake = await startAcrFake();
    await pushImage(fake, "app", textImage("one"), ["v1"]);
    const env = { ...NOWHERE, ...fake.environment, TRANSHIP_ACR_HOSTS: fake.host };
    const args = ["ls", "--ca", fake.caFile, `${fake.host}/app`];
    const good = await bench.run(args, { env: { ...env, AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" } });
    expect(good).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
    const wrong = { AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential", AZURE_CLIENT_SECRET: "wrong-s3cr3t" };
    const refused = await bench.run(args, { env: { ...env, ...wrong } });
    expect(refused.stderr).toContain(
      `tranship: warning: ${fake.host}: the Entra identity of AZURE_CLIENT_ID was refused (AADSTS7000215); going on anonymously\n`,
    );
    expect(refused.stderr.match(/warning/g)).toHaveLength(1);
    expect(refused.stderr).not.toContain("s3cr3t");
    const none = await bench.run(args, { env: { ...env, ...wrong, AZURE_CLIENT_ID: "" } });
    expect(none.stderr).not.toContain("warning");
  });

  it("pulls from ghcr.io with the token of the environment", async () => {
    await using bench = await Workbench.open();
    await using registry = await basicRegistry("octocat:gh-token");
    const env = { http_proxy: registry.url, GITHUB_TOKEN: "gh-token", GITHUB_ACTOR: "octocat" };
    const good = await bench.run(["ls", "--plain-http", "ghcr.io", "ghcr.io/o/app"], { env });
    expect(good).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
    const refused = await bench.run(["ls", "--plain-http", "ghcr.io", "ghcr.io/o/app"], {
      env: { ...env, GITHUB_TOKEN: "old-s3cr3t" },
    });
    expect(refused.stderr).toMatch(/\(401\); the credentials for ghcr.io \(GITHUB_TOKEN\) were refused; log in again/);
    expect(refused.stderr).not.toContain("s3cr3t");
  });
});

/** The metadata server of a machine at Google. */
function metadata({ line }: CloudCall): CloudAnswer {
  const token = { access_token: "google-token", expires_in: 3600, token_type: "Bearer" };
  return { headers: { "metadata-flavor": "Google" }, body: line.includes("/default/token") ? token : {} };
}
