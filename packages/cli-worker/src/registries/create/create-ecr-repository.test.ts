import { describe, expect, it } from "vitest";
import { cloudEnvironment } from "../../../../../test/support/cloud-environment.ts";
import { type CloudAnswer, FakeCloud } from "../../../../../test/support/fake-cloud.ts";
import { createEcrRepository } from "./create-ecr-repository.ts";

const RULE = { kind: "ecr", region: "eu-west-1", fips: false, account: "123456789012" } as const;
const PLACE = { host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "team/app" };

/** Asks ECR on loopback to make the repository; gives what was asked. */
async function create(answer: CloudAnswer, signal?: AbortSignal) {
  await using cloud = await FakeCloud.start(() => answer);
  cloudEnvironment({
    AWS_ENDPOINT_URL_ECR: cloud.url,
    AWS_MAX_ATTEMPTS: "1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "aws-s3cr3t",
  });
  await createEcrRepository(RULE, PLACE, { env: process.env, trace: () => {}, signal });
  return cloud.calls;
}

const refusal = (type: string, message: string): CloudAnswer => ({
  status: 400,
  headers: { "x-amzn-errortype": type },
  body: { __type: type, message },
});

describe("createEcrRepository()", () => {
  it("asks once, in the account and the region of the host", async () => {
    const calls = await create({ body: { repository: { repositoryName: "team/app" } } });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers["x-amz-target"]).toMatch(/\.CreateRepository$/);
    expect(calls[0]?.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d+\/eu-west-1\/ecr\/aws4_request/);
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({ registryId: "123456789012", repositoryName: "team/app" });
  });

  it("is content where the repository is there", async () => {
    await create(refusal("RepositoryAlreadyExistsException", "The repository with name 'team/app' already exists"));
  });

  it("says what ECR refuses, and shows no secret", async () => {
    const denied = refusal("AccessDeniedException", "not authorized to perform: ecr:CreateRepository with aws-s3cr3t");
    await expect(create(denied)).rejects.toMatchObject({
      code: "NOT_CREATED",
      message: `Cannot create repository "${PLACE.host}/team/app": Amazon ECR in eu-west-1: AccessDeniedException: not authorized to perform: ecr:CreateRepository with (secret)`,
    });
  });

  it("ends with the reason of an abort", async () => {
    const reason = new Error("enough");
    await expect(create({ body: {} }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
