import { createHash } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type CloudAnswer, type CloudCall, FakeCloud } from "../support/fake-cloud.ts";
import { ScriptedAcr } from "../support/scripted-acr.ts";
import { Workbench } from "./workbench.ts";

/** The libraries of clouds load many of their own parts only when an identity needs them: each of these is a way through the bundle. */
const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const PKG = "europe-west4-docker.pkg.dev";
const AWS_TOKEN = Buffer.from("AWS:ecr-pass").toString("base64");
const NEVER = "2099-01-01T00:00:00Z";
const NOWHERE = { AWS_EC2_METADATA_DISABLED: "true", AWS_MAX_ATTEMPTS: "1", METADATA_SERVER_DETECTION: "none" };

function answer({ line, body, headers }: CloudCall): CloudAnswer {
  const role = { AccessKeyId: "ROLEKEY", SecretAccessKey: "s3cr3t", Token: "s3cr3t", Expiration: NEVER };
  if (headers["x-amz-target"] !== undefined)
    return { body: { authorizationData: [{ authorizationToken: AWS_TOKEN }] } };
  const [, action] = /\bAction=(AssumeRole\w*)/.exec(body) ?? [];
  if (action !== undefined) {
    const [id, secret, token] = ["<AccessKeyId>ROLEKEY", "<SecretAccessKey>s3cr3t", "<SessionToken>s3cr3t"];
    const given = `${id}</AccessKeyId>${secret}</SecretAccessKey>${token}</SessionToken><Expiration>${NEVER}</Expiration>`;
    const result = `<${action}Result><Credentials>${given}</Credentials></${action}Result>`;
    const text = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`;
    return { headers: { "content-type": "text/xml" }, body: text };
  }
  if (line.includes("/federation/credentials")) {
    const given = {
      accessKeyId: "ROLEKEY",
      secretAccessKey: "s3cr3t",
      sessionToken: "s3cr3t",
      expiration: 4_070_908_800_000,
    };
    return { body: { roleCredentials: given } };
  }
  if (line.endsWith("/container")) return { body: role };
  return { body: { access_token: "google-token", expires_in: 3600, token_type: "Bearer", issued_token_type: "t" } };
}

/** A registry that shows who asks, as a tag. As a proxy it has whatever name is asked for, so that it can be a cloud's. */
function showingUser(): Promise<FakeCloud> {
  return FakeCloud.start(({ headers }) => {
    const [, pair] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
    if (pair === undefined) return { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: "{}" };
    return { body: { name: "app", tags: [Buffer.from(pair, "base64").toString().replace(":", ".")] } };
  });
}

async function program(bench: Workbench, name: string, prints: object): Promise<string> {
  await mkdir(bench.path("bin"), { recursive: true });
  const path = bench.path("bin", name);
  await writeFile(path, `#!/bin/sh\necho '${JSON.stringify(prints)}'\n`);
  await chmod(path, 0o755);
  return path;
}

it.each<readonly [what: string, keyId: string, environment: (bench: Workbench, cloud: FakeCloud) => Promise<object>]>([
  [
    "a program of a profile",
    "PROGRAMKEY",
    async (bench) => {
      const given = { Version: 1, AccessKeyId: "PROGRAMKEY", SecretAccessKey: "s3cr3t" };
      const path = await program(bench, "keys", given);
      return profile(bench, `credential_process = ${path}\n`);
    },
  ],
  [
    "a role of a profile",
    "ROLEKEY",
    async (bench) => {
      const base = "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = s3cr3t\n";
      return profile(bench, `role_arn = arn:aws:iam::1:role/r\nsource_profile = base\n${base}`);
    },
  ],
  [
    "a login by SSO",
    "ROLEKEY",
    async (bench) => {
      const url = "https://d.awsapps.com/start";
      await mkdir(bench.path(".aws", "sso", "cache"), { recursive: true });
      const name = `${createHash("sha1").update(url).digest("hex")}.json`;
      const token = { accessToken: "s3cr3t", expiresAt: NEVER, region: "eu-west-1", startUrl: url };
      await writeFile(bench.path(".aws", "sso", "cache", name), JSON.stringify(token));
      return profile(bench, `sso_start_url = ${url}\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n`);
    },
  ],
  [
    "a web identity",
    "ROLEKEY",
    async (bench) => {
      await writeFile(bench.path("token"), "s3cr3t");
      const role = { AWS_ROLE_ARN: "arn:aws:iam::1:role/r", AWS_REGION: "eu-west-1" };
      return { ...role, AWS_WEB_IDENTITY_TOKEN_FILE: bench.path("token") };
    },
  ],
  [
    "a container's role",
    "ROLEKEY",
    async (_, cloud) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${cloud.url}/container` }),
  ],
])("ls of ECR, as %s", async (_, keyId, environment) => {
  await using bench = await Workbench.open();
  await using registry = await showingUser();
  await using cloud = await FakeCloud.start(answer);
  const endpoints = ["ECR", "STS", "SSO"].map((name) => [`AWS_ENDPOINT_URL_${name}`, cloud.url]);
  const env = {
    ...NOWHERE,
    ...Object.fromEntries(endpoints),
    ...(await environment(bench, cloud)),
    http_proxy: registry.url,
    no_proxy: "127.0.0.1",
  };
  const run = await bench.run(["ls", "--plain-http", ECR, `${ECR}/app`], { env });
  expect(run).toEqual({ code: 0, stdout: "AWS.ecr-pass\n", stderr: "" });
  expect(cloud.calls.at(-1)?.headers.authorization).toContain(`Credential=${keyId}/`);
});

async function profile(bench: Workbench, text: string): Promise<object> {
  await mkdir(bench.path(".aws"), { recursive: true });
  await writeFile(bench.path(".aws", "config"), `[profile own]\nregion = eu-west-1\n${text}`);
  return { AWS_PROFILE: "own" };
}

const EXTERNAL = {
  type: "external_account",
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
  subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
};

it.each<readonly [what: string, file: (bench: Workbench, cloud: FakeCloud) => Promise<object>]>([
  [
    "what a program says",
    async (bench, cloud) => {
      const token = { version: 1, success: true, token_type: EXTERNAL.subject_token_type, id_token: "s3cr3t" };
      const command = await program(bench, "token", { ...token, expiration_time: 4_070_908_800 });
      return { ...EXTERNAL, token_url: `${cloud.url}/token`, credential_source: { executable: { command } } };
    },
  ],
  [
    "an identity of AWS",
    async (_, cloud) => {
      const url = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
      const source = { environment_id: "aws1", regional_cred_verification_url: url };
      const subject_token_type = "urn:ietf:params:aws:token-type:aws4_request";
      return { ...EXTERNAL, subject_token_type, token_url: `${cloud.url}/token`, credential_source: source };
    },
  ],
])("ls of Google's Artifact Registry, as %s", async (_, file) => {
  await using bench = await Workbench.open();
  await using registry = await showingUser();
  await using cloud = await FakeCloud.start(answer);
  await writeFile(bench.path("google.json"), JSON.stringify(await file(bench, cloud)));
  const env = {
    ...NOWHERE,
    http_proxy: registry.url,
    no_proxy: "127.0.0.1",
    GOOGLE_APPLICATION_CREDENTIALS: bench.path("google.json"),
    GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKID",
    AWS_SECRET_ACCESS_KEY: "s3cr3t",
  };
  const run = await bench.run(["ls", "--plain-http", PKG, `${PKG}/p/app`], { env });
  expect(run).toEqual({ code: 0, stdout: "oauth2accesstoken.google-token\n", stderr: "" });
  expect(cloud.calls).toHaveLength(1);
});

it.each([
  ["AzureCliCredential", "az", { accessToken: "aad", expires_on: 4_070_908_800, expiresOn: "2099-01-01 00:00:00" }],
  ["AzureDeveloperCliCredential", "azd", { token: "aad", expiresOn: NEVER }],
])("ls of Azure, as %s", async (kind, name, prints) => {
  await using bench = await Workbench.open();
  await program(bench, name, prints);
  await using acr = await ScriptedAcr.start({
    script: ({ path, authorization }) =>
      path.startsWith("/v2/") && authorization !== undefined ? { body: { name: "app", tags: ["v1"] } } : undefined,
  });
  const env = {
    ...NOWHERE,
    TRANSHIP_ACR_HOSTS: acr.host,
    AZURE_TOKEN_CREDENTIALS: kind,
    PATH: `${bench.path("bin")}:${process.env["PATH"]}`,
  };
  const run = await bench.run(["ls", "--plain-http", acr.host, `${acr.host}/app`], { env });
  expect(run).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
  expect(acr.requests.map((line) => line.split("?")[0])).toContain("POST /oauth2/exchange");
});
