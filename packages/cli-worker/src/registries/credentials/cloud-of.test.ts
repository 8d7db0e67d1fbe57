import { describe, expect, it } from "vitest";
import { cloudOf } from "./cloud-of.ts";

describe("cloudOf()", () => {
  it.each([
    ["reg.azurecr.io", { kind: "azure" }],
    ["REG.azurecr.cn:443", { kind: "azure" }],
    ["my-reg.azurecr.us", { kind: "azure" }],
    [
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
      { kind: "ecr", account: "123456789012", region: "eu-west-1", fips: false },
    ],
    [
      "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
      { kind: "ecr", account: "123456789012", region: "us-gov-west-1", fips: true },
    ],
    [
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
      { kind: "ecr", account: "123456789012", region: "cn-north-1", fips: false },
    ],
    [
      "123456789012.dkr-ecr.eu-west-1.on.aws",
      { kind: "ecr", account: "123456789012", region: "eu-west-1", fips: false },
    ],
    ["public.ecr.aws", { kind: "ecr-public" }],
    ["gcr.io", { kind: "google" }],
    ["eu.gcr.io", { kind: "google" }],
    ["europe-west4-docker.pkg.dev", { kind: "google" }],
  ])("cloudOf() knows %s", (host, cloud) => {
    expect(cloudOf(host, {})).toEqual(cloud);
  });

  it.each([
    "docker.io",
    "reg.azurecr.io.evil.example",
    "azurecr.io",
    "reg.azurecr.io:8443",
    "evilgcr.io",
    "gcr.io.example",
    "europe-docker.pkg.dev.example",
    "europe-npm.pkg.dev",
    "12345.dkr.ecr.eu-west-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example",
    "127.0.0.1:5000",
  ])("cloudOf() takes %s for no cloud's", (host) => {
    expect(cloudOf(host, {})).toBeUndefined();
  });

  it("cloudOf() takes the hosts in TRANSHIP_ACR_HOSTS for Azure's", () => {
    const env = { TRANSHIP_ACR_HOSTS: "images.example, 127.0.0.1:5000" };
    expect(cloudOf("Images.example", env)).toEqual({ kind: "azure" });
    expect(cloudOf("127.0.0.1:5000", env)).toEqual({ kind: "azure" });
    expect(cloudOf("127.0.0.1:5001", env)).toBeUndefined();
    expect(cloudOf("", { TRANSHIP_ACR_HOSTS: "x" })).toBeUndefined();
  });
});
