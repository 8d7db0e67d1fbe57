import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cloudEnvironment } from "../../../../../test/support/cloud-environment.ts";
import { FakeCloud } from "../../../../../test/support/fake-cloud.ts";
import { givenCredentials, type HostCredentialsOptions, hostCredentials } from "./host-credentials.ts";

const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

function traced(): Required<Pick<HostCredentialsOptions, "trace">> & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, trace: (line) => void lines.push(line) };
}

describe("hostCredentials()", () => {
  it("hostCredentials() takes the files before the environment, and tells no secret", async () => {
    const home = cloudEnvironment({ GITHUB_TOKEN: "env-s3cr3t" });
    const { trace, lines } = traced();
    const find = hostCredentials({ trace });
    expect(await find({ host: "ghcr.io", repository: "app" })).toMatchObject({ password: "env-s3cr3t" });
    await mkdir(join(home, ".docker"));
    const auths = { "ghcr.io": { auth: Buffer.from("me:file-s3cr3t").toString("base64") } };
    await writeFile(join(home, ".docker/config.json"), JSON.stringify({ auths }));
    expect(await find({ host: "ghcr.io", repository: "app" })).toMatchObject({ password: "file-s3cr3t" });
    expect(lines).toEqual([
      "Credentials of ghcr.io/app: files and helpers: none",
      'Credentials of ghcr.io/app: environment: user "x-access-token" and a password from GITHUB_TOKEN',
      'Credentials of ghcr.io/app: files and helpers: user "me" and a password',
    ]);
  });

  it("hostCredentials() asks a cloud once for all repositories of its host, and says why there is none", async () => {
    cloudEnvironment();
    const { trace, lines } = traced();
    const find = hostCredentials({ trace });
    const none = { kind: "anonymous", reason: "Amazon ECR: no identity was found" };
    expect(await Promise.all([find({ host: ECR, repository: "a" }), find({ host: ECR, repository: "b" })])).toEqual([
      none,
      none,
    ]);
    expect(lines.filter((line) => line.includes("Could not load credentials"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith(`Credentials of ${ECR}/a: `))).toEqual([
      `Credentials of ${ECR}/a: files and helpers: none`,
      `Credentials of ${ECR}/a: environment: none`,
      `Credentials of ${ECR}/a: cloud: none: Amazon ECR: no identity was found`,
      `Credentials of ${ECR}/a: anonymous access`,
    ]);
  });

  it("hostCredentials() shows no cloud's identity to another host", async () => {
    await using cloud = await FakeCloud.start(() => ({}));
    cloudEnvironment({
      AWS_ENDPOINT_URL_ECR: cloud.url,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      GH_TOKEN: "c",
    });
    for (const host of ["docker.io", "127.0.0.1:5000", `${ECR}.example`]) {
      expect(await hostCredentials()({ host })).toBeUndefined();
    }
    expect(cloud.calls).toEqual([]);
  });

  it("hostCredentials() rejects with the signal's reason while a cloud is asked", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    await using cloud = await FakeCloud.start(() => {
      stop.abort(reason);
      return "nothing";
    });
    cloudEnvironment({ AWS_ENDPOINT_URL_ECR: cloud.url, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
    await expect(hostCredentials()({ host: ECR }, { signal: stop.signal })).rejects.toBe(reason);
  });
});

describe("givenCredentials()", () => {
  it("givenCredentials() gives what the command line says, and tells the user alone", async () => {
    const { trace, lines } = traced();
    expect(await givenCredentials("me:s3cr3t", trace)({ host: "r.example" })).toMatchObject({ password: "s3cr3t" });
    expect(lines).toEqual(['Credentials of r.example: command line: user "me" and a password']);
    expect(() => givenCredentials("s3cr3t")).toThrow(SyntaxError);
  });
});
