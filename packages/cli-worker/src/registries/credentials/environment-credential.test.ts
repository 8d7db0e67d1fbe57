import { describe, expect, it } from "vitest";
import { environmentCredential } from "./environment-credential.ts";

const basic = (username: string, password: string, from: string): unknown => ({
  kind: "basic",
  username,
  password,
  from,
});

describe("environmentCredential()", () => {
  it("environmentCredential() gives GitHub's token to ghcr.io alone", () => {
    const env = { GITHUB_TOKEN: "t1", GITHUB_ACTOR: "me" };
    expect(environmentCredential("ghcr.io", env)).toEqual(basic("me", "t1", "GITHUB_TOKEN"));
    for (const host of ["ghcr.io.example", "docker.io", "registry.gitlab.com"]) {
      expect(environmentCredential(host, env)).toBeUndefined();
    }
  });

  it("environmentCredential() prefers GH_TOKEN, and needs no user", () => {
    const env = { GITHUB_TOKEN: "t1", GH_TOKEN: "t2" };
    expect(environmentCredential("GHCR.io", env)).toEqual(basic("x-access-token", "t2", "GH_TOKEN"));
    expect(environmentCredential("ghcr.io", { GITHUB_TOKEN: "" })).toBeUndefined();
  });

  it("environmentCredential() gives GitLab's credentials to CI_REGISTRY alone", () => {
    const env = {
      CI_REGISTRY: "registry.gitlab.example:5050",
      CI_REGISTRY_USER: "u",
      CI_REGISTRY_PASSWORD: "p",
      CI_JOB_TOKEN: "j",
    };
    const host = "registry.gitlab.example:5050";
    expect(environmentCredential(host, env)).toEqual(basic("u", "p", "CI_REGISTRY_PASSWORD"));
    const job = { ...env, CI_REGISTRY_PASSWORD: undefined };
    expect(environmentCredential(host, job)).toEqual(basic("gitlab-ci-token", "j", "CI_JOB_TOKEN"));
    expect(environmentCredential("registry.gitlab.example", env)).toBeUndefined();
    expect(environmentCredential(host, { CI_REGISTRY: host })).toBeUndefined();
    expect(environmentCredential("", { CI_JOB_TOKEN: "j" })).toBeUndefined();
  });
});
