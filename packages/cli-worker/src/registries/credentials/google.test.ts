import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Credential } from "@tranship/core";
import { describe, expect, it, vi } from "vitest";
import { cloudEnvironment } from "../../../../../test/support/cloud-environment.ts";
import { type CloudAnswer, type CloudCall, FakeCloud } from "../../../../../test/support/fake-cloud.ts";
import { cloudCredentials } from "./cloud-credentials.ts";

const HOST = "europe-west4-docker.pkg.dev";
const FROM = "Google's application default credentials";

async function find(warnings: string[] = []): Promise<Credential | undefined> {
  const trace: string[] = [];
  const credential = await cloudCredentials({
    env: process.env,
    trace: (line) => void trace.push(line),
    warn: (line) => void warnings.push(line),
  })(HOST);
  expect(JSON.stringify([trace, warnings])).not.toContain("s3cr3t");
  return credential;
}

/** The metadata server of a machine at Google. */
function metadata({ line }: CloudCall): CloudAnswer {
  const headers = { "metadata-flavor": "Google" };
  const token = { access_token: "google-s3cr3t", expires_in: 3600, token_type: "Bearer" };
  return line.includes("/service-accounts/default/token") ? { headers, body: token } : { headers, body: {} };
}

describe("googleCredential()", () => {
  it("googleCredential() takes the token of a machine's service account", async () => {
    await using cloud = await FakeCloud.start(metadata);
    cloudEnvironment({ METADATA_SERVER_DETECTION: undefined, GCE_METADATA_HOST: cloud.host });
    const credential = await find();
    expect(credential).toMatchObject({
      kind: "basic",
      username: "oauth2accesstoken",
      password: "google-s3cr3t",
      from: FROM,
    });
    expect(credential?.expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    expect(cloud.calls.every(({ headers }) => headers["metadata-flavor"] === "Google")).toBe(true);
  });

  it("googleCredential() exchanges what the file names, where a login left it or a variable says", async () => {
    await using cloud = await FakeCloud.start(() => ({
      body: { access_token: "sts-s3cr3t", issued_token_type: "t", token_type: "Bearer", expires_in: 600 },
    }));
    const home = cloudEnvironment();
    const subject = join(home, "subject.txt");
    const file = {
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${cloud.url}/v1/token`,
      credential_source: { file: subject },
    };
    await writeFile(subject, "subject-s3cr3t");
    await mkdir(join(home, ".config/gcloud"), { recursive: true });
    await writeFile(join(home, ".config/gcloud/application_default_credentials.json"), JSON.stringify(file));
    expect(await find()).toMatchObject({ password: "sts-s3cr3t" });
    expect(new URLSearchParams(cloud.calls[0]?.body).get("subject_token")).toBe("subject-s3cr3t");

    const named = join(home, "named.json");
    await writeFile(named, JSON.stringify(file));
    cloudEnvironment({ GOOGLE_APPLICATION_CREDENTIALS: named });
    expect(await find()).toMatchObject({ password: "sts-s3cr3t" });
  });

  it("googleCredential() is anonymous where nothing is found, without a request", async () => {
    await using cloud = await FakeCloud.start(metadata);
    cloudEnvironment({ GCE_METADATA_HOST: cloud.host });
    expect(await find()).toEqual({ kind: "anonymous", reason: `${FROM}: no credentials were found` });
    expect(cloud.calls).toEqual([]);
  });

  it.each([
    ["never answers", "nothing"],
    ["is not Google's", {}],
  ] as const)("googleCredential() gives up on a metadata server that %s", async (_, answer) => {
    await using cloud = await FakeCloud.start(() => answer);
    cloudEnvironment({ METADATA_SERVER_DETECTION: undefined, GCE_METADATA_HOST: cloud.host });
    expect(await find()).toEqual({ kind: "anonymous", reason: `${FROM}: no credentials were found` });
    expect(cloud.calls).toHaveLength(1);
  });

  it.each([
    ["invalid_grant", 400, true],
    ["invalid_client", 401, true],
    ["temporarily_unavailable", 400, false],
  ] as const)(
    "googleCredential() warns where the credentials of the named file are refused: %s",
    async (error, status, warns) => {
      await using cloud = await FakeCloud.start(() => ({
        status,
        body: { error, error_description: "it has ended" },
      }));
      const named = join(cloudEnvironment(), "named.json");
      const file = {
        type: "external_account_authorized_user",
        audience: "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
        client_id: "id",
        client_secret: "client-s3cr3t",
        refresh_token: "refresh-s3cr3t",
        token_url: `${cloud.url}/v1/token`,
      };
      await writeFile(named, JSON.stringify(file));
      vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", named);
      const warnings: string[] = [];
      expect(await find(warnings)).toMatchObject({ kind: "anonymous" });
      expect(cloud.calls).toHaveLength(1);
      const warning = `${HOST}: the Google identity of GOOGLE_APPLICATION_CREDENTIALS was refused (${error}); going on anonymously`;
      expect(warnings).toEqual(warns ? [warning] : []);
    },
  );

  it("googleCredential() is anonymous where the file is broken, and says why", async () => {
    const home = cloudEnvironment();
    const path = join(home, "broken.json");
    cloudEnvironment({ GOOGLE_APPLICATION_CREDENTIALS: path });
    expect(await find()).toMatchObject({ kind: "anonymous", reason: expect.stringContaining("does not exist") });
  });
});
