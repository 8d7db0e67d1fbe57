import type { Credential } from "@tranship/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { cloudEnvironment } from "../../../../../test/support/cloud-environment.ts";
import { type CloudAnswer, FakeCloud } from "../../../../../test/support/fake-cloud.ts";
import { cloudCredentials } from "./cloud-credentials.ts";

const FROM = "DefaultAzureCredential";

/** The managed identity of an app service. One for all tests: Azure's library remembers its address, and its tokens by audience. */
let cloud: FakeCloud;
let answer: () => CloudAnswer;
beforeAll(async () => {
  cloud = await FakeCloud.start(() => answer());
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  cloud.calls.length = 0;
  answer = given;
  cloudEnvironment({
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    IDENTITY_ENDPOINT: `${cloud.url}/msi/token`,
    IDENTITY_HEADER: "header-s3cr3t",
  });
});

function given(): CloudAnswer {
  const expires = Math.floor(Date.now() / 1000) + 3600;
  return { body: { access_token: "aad-s3cr3t", expires_on: String(expires), resource: "r", token_type: "Bearer" } };
}

function source(trace: string[] = []): (host: string) => Promise<Credential | undefined> {
  const find = cloudCredentials({ env: process.env, trace: (line) => void trace.push(line) });
  return async (host) => {
    const credential = await find(host);
    expect(JSON.stringify(trace)).not.toContain("s3cr3t");
    return credential;
  };
}

describe("azureIdentities()", () => {
  it("azureIdentities() takes the managed identity, whose token is asked for once for all registries", async () => {
    const find = source();
    const credential = await find("reg.azurecr.io");
    expect(credential).toMatchObject({ kind: "entra", audience: "https://containerregistry.azure.net", from: FROM });
    const scope = "https://containerregistry.azure.net/.default";
    const token = credential?.kind === "entra" ? await credential.credential.getToken(scope) : undefined;
    expect(token).toMatchObject({ token: "aad-s3cr3t" });
    expect(await find("other.azurecr.io")).toMatchObject({ kind: "entra" });
    expect(cloud.calls).toHaveLength(1);
    expect(cloud.calls[0]?.headers["x-identity-header"]).toBe("header-s3cr3t");
    expect(cloud.calls[0]?.line).toContain(`resource=${encodeURIComponent("https://containerregistry.azure.net")}`);
  });

  it.each([
    ["reg.azurecr.cn", undefined, "https://management.chinacloudapi.cn"],
    ["reg.azurecr.us", undefined, "https://management.usgovcloudapi.net"],
    ["reg.azurecr.io", "https://management.azure.com", "https://management.azure.com"],
  ])(
    "azureIdentities() asks for the audience of %s, or that of TRANSHIP_ACR_AUDIENCE (%s)",
    async (host, own, audience) => {
      vi.stubEnv("TRANSHIP_ACR_AUDIENCE", own);
      expect(await source()(host)).toMatchObject({ kind: "entra", audience });
      expect(cloud.calls[0]?.line).toContain(`resource=${encodeURIComponent(audience)}`);
    },
  );

  it("azureIdentities() is anonymous where there is no identity", async () => {
    cloudEnvironment();
    expect(await source()("reg.azurecr.io")).toEqual({ kind: "anonymous", reason: `${FROM}: no identity was found` });
    expect(cloud.calls).toEqual([]);
  });

  it("azureIdentities() is anonymous where the identity is refused, and traces why", async () => {
    vi.stubEnv("TRANSHIP_ACR_AUDIENCE", "https://unknown.example");
    answer = () => ({
      status: 400,
      body: { error: "invalid_scope", error_description: "AADSTS500011: no header-s3cr3t" },
    });
    const trace: string[] = [];
    const none = { kind: "anonymous", reason: `${FROM}: no identity was found` };
    expect(await source(trace)("reg.azurecr.io")).toEqual(none);
    expect(trace).toEqual([expect.stringContaining("AADSTS500011: no (secret)")]);
    expect(cloud.calls).toHaveLength(1);
  });
});
