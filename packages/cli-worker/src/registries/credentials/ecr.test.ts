import type { Credential } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { cloudEnvironment } from "../../../../../test/support/cloud-environment.ts";
import { type CloudAnswer, type CloudCall, FakeCloud } from "../../../../../test/support/fake-cloud.ts";
import { cloudCredentials } from "./cloud-credentials.ts";

const PRIVATE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const PUBLIC = "public.ecr.aws";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "aws-s3cr3t" };
const EXPIRES = Math.floor(Date.now() / 1000) + 12 * 3600;
const DATA = { authorizationToken: Buffer.from("AWS:ecr-pass").toString("base64"), expiresAt: EXPIRES };

/** ECR on loopback, and what its library found there with the variables. */
async function ask(
  host: string,
  answer: (call: CloudCall) => CloudAnswer | "nothing",
  variables: Readonly<Record<string, string | undefined>>,
): Promise<{
  credential: Credential | undefined;
  calls: readonly CloudCall[];
  trace: readonly string[];
  warnings: readonly string[];
}> {
  await using cloud = await FakeCloud.start(answer);
  cloudEnvironment({
    AWS_ENDPOINT_URL_ECR: cloud.url,
    AWS_ENDPOINT_URL_ECR_PUBLIC: cloud.url,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: cloud.url,
    AWS_MAX_ATTEMPTS: "1",
    ...variables,
  });
  const trace: string[] = [];
  const warnings: string[] = [];
  const credential = await cloudCredentials({
    env: process.env,
    trace: (line) => void trace.push(line),
    warn: (line) => void warnings.push(line),
  })(host);
  expect(JSON.stringify([trace, warnings])).not.toMatch(/s3cr3t|ecr-pass/);
  return { credential, calls: cloud.calls, trace, warnings };
}

describe("ecrCredential()", () => {
  it("ecrCredential() asks ECR of the host's region by the keys of the environment", async () => {
    const { credential, calls } = await ask(PRIVATE, () => ({ body: { authorizationData: [DATA] } }), KEYS);
    expect(credential).toEqual({
      kind: "basic",
      username: "AWS",
      password: "ecr-pass",
      from: "Amazon ECR",
      expiresAt: EXPIRES * 1000,
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers["x-amz-target"]).toMatch(/GetAuthorizationToken$/);
    expect(calls[0]?.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/ecr\/aws4_request/);
  });

  it.each([
    [12 * 3600, 1],
    [200, 2],
  ])(
    "ecrCredential() is asked once for all repositories, until 5 min before its end (%i s: %i)",
    async (life, asked) => {
      const data = { ...DATA, expiresAt: Math.floor(Date.now() / 1000) + life };
      await using cloud = await FakeCloud.start(() => ({ body: { authorizationData: [data] } }));
      cloudEnvironment({ ...KEYS, AWS_ENDPOINT_URL_ECR: cloud.url });
      const find = cloudCredentials({ env: process.env, trace: () => {} });
      await find(PRIVATE);
      await find(PRIVATE);
      expect(cloud.calls).toHaveLength(asked);
    },
  );

  it("ecrPublicCredential() asks the public ECR, in the one region where it is", async () => {
    const { credential, calls } = await ask(PUBLIC, () => ({ body: { authorizationData: DATA } }), {
      ...KEYS,
      AWS_REGION: "eu-west-1",
    });
    expect(credential).toMatchObject({ username: "AWS", password: "ecr-pass", from: "Amazon ECR Public" });
    expect(calls[0]?.headers.authorization).toMatch(/\/us-east-1\/ecr-public\/aws4_request/);
  });

  it("ecrCredential() is anonymous where there is no identity, without a request", async () => {
    const { credential, calls, trace } = await ask(PRIVATE, () => ({}), {});
    expect(credential).toEqual({ kind: "anonymous", reason: "Amazon ECR: no identity was found" });
    expect(calls).toEqual([]);
    expect(trace).toEqual([
      expect.stringMatching(`^${PRIVATE}: Amazon ECR: Could not load credentials from any providers`),
    ]);
  });

  it("ecrCredential() takes the role of an instance", async () => {
    const role = {
      AccessKeyId: "ROLEKEY",
      SecretAccessKey: "s3cr3t",
      Token: "s3cr3t",
      Expiration: "2099-01-01T00:00:00Z",
    };
    const answer = ({ line }: CloudCall): CloudAnswer => {
      if (line === "PUT /latest/api/token") return { body: "imds-token" };
      if (line.endsWith("/security-credentials/")) return { body: "a-role" };
      if (line.endsWith("/a-role")) return { body: role };
      return { body: { authorizationData: [DATA] } };
    };
    const { credential, calls } = await ask(PRIVATE, answer, { AWS_EC2_METADATA_DISABLED: undefined });
    expect(credential).toMatchObject({ username: "AWS" });
    expect(calls.at(-1)?.headers.authorization).toContain("Credential=ROLEKEY/");
  });

  it("ecrCredential() gives up on an instance's metadata that never answers", async () => {
    const { credential, calls } = await ask(PRIVATE, () => "nothing", { AWS_EC2_METADATA_DISABLED: undefined });
    expect(credential).toEqual({ kind: "anonymous", reason: "Amazon ECR: no identity was found" });
    expect(calls.map(({ line }) => line)).toEqual([
      "PUT /latest/api/token",
      "GET /latest/meta-data/iam/security-credentials/",
    ]);
  });

  it.each([
    [
      { status: 400, body: { __type: "UnrecognizedClientException", message: "bad aws-s3cr3t\nand more" } },
      "Amazon ECR: bad (secret)",
    ],
    [{ body: { authorizationData: [] } }, "Amazon ECR: the answer has no authorization token"],
  ])("ecrCredential() is anonymous where ECR gives none, and says why", async (answer, reason) => {
    const { credential } = await ask(PRIVATE, () => answer, KEYS);
    expect(credential).toEqual({ kind: "anonymous", reason });
  });

  it.each([
    ["UnrecognizedClientException", 400, KEYS, true],
    ["AccessDeniedException", 400, KEYS, true],
    // What a server can't answer blames nobody.
    ["ServerException", 500, KEYS, false],
  ] as const)(
    "ecrCredential() warns where the keys of the environment are refused: %s (%i)",
    async (type, status, keys, warns) => {
      const answer = { status, body: { __type: type, message: "aws-s3cr3t is not for you" } };
      const { warnings } = await ask(PRIVATE, () => answer, keys);
      const warning = `${PRIVATE}: the AWS identity of AWS_ACCESS_KEY_ID was refused (${type}); going on anonymously`;
      expect(warnings).toEqual(warns ? [warning] : []);
    },
  );

  it("ecrPublicCredential() warns as ecrCredential() does", async () => {
    const answer = { status: 400, body: { __type: "UnrecognizedClientException", message: "no" } };
    const { warnings } = await ask(PUBLIC, () => answer, KEYS);
    expect(warnings).toEqual([
      `${PUBLIC}: the AWS identity of AWS_ACCESS_KEY_ID was refused (UnrecognizedClientException); going on anonymously`,
    ]);
  });

  it("ecrCredential() warns of nothing where there is no identity", async () => {
    expect((await ask(PRIVATE, () => ({}), {})).warnings).toEqual([]);
  });
});
