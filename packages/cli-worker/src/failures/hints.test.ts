import { CopyError } from "@tranship/copy";
import { RegistryError, StoreError } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { hintFor } from "./hints.ts";

function refusal(code: string, url: string, message = "Cannot read"): RegistryError {
  return new RegistryError(code, message, { method: "GET", url });
}

describe("hintFor()", () => {
  it("names the registry as the user does", () => {
    const error = refusal("UNAUTHORIZED", "https://registry-1.docker.io/v2/library/alpine/manifests/3");
    expect(hintFor(error)).toBe("log in with: tranship login docker.io");
  });

  it("finds the cause in what wraps it", () => {
    const cause = refusal("DENIED", "https://r.example:5000/v2/app/blobs/uploads/");
    expect(hintFor(new CopyError({ side: "target", store: "r.example/app", operation: "push", cause }))).toContain(
      "tranship login r.example:5000",
    );
  });

  it("names no token server as a registry", () => {
    const message = 'Cannot push manifest "sha256:00" to "r.example:5000/app": cannot get a token from auth.example';
    const url = "https://auth.example/token";
    expect(hintFor(refusal("UNAUTHORIZED", url, message))).toBe("log in with: tranship login r.example:5000");
    expect(hintFor(refusal("UNAUTHORIZED", url))).toBeUndefined();
    const own = refusal("UNAUTHORIZED", "https://r.azurecr.io/oauth2/token");
    expect(hintFor(own)).toBe("log in with: tranship login r.azurecr.io");
  });

  const locked = (method: string, url: string, message = "Cannot: the registry does not support this (405)") =>
    new RegistryError("UNSUPPORTED", message, { method, url, status: 405 });
  const DISALLOWED = "Cannot: The operation is disallowed on this registry, repository or image. View … (405)";

  it.each([
    ["HEAD", "/v2/team/app/manifests/v1", "--read r.azurecr.io/team/app:v1", "what it belongs to"],
    ["PUT", "/v2/app/manifests/v1", "r.azurecr.io/app:v1", "what it belongs to"],
    ["POST", "/v2/app/blobs/uploads/", "r.azurecr.io/app", "what it belongs to"],
    ["DELETE", "/acr/v1/team/app/_tags/v1", "r.azurecr.io/team/app:v1", "what it belongs to"],
    ["DELETE", "/v2/app/manifests/sha256:00", "r.azurecr.io/app@sha256:00", "a tag of it or its repository"],
  ])("shows how to unlock what Azure says is locked: %s %s", (method, path, place, owner) => {
    const how = `it is locked, or ${owner}; unlock it with: tranship acr unlock ${place}`;
    expect(hintFor(locked(method, `https://r.azurecr.io${path}`, DISALLOWED))).toBe(how);
    const ownDomain = locked(method, `https://r.example${path}`, DISALLOWED);
    expect(hintFor(ownDomain)).toBe(how.replace("r.azurecr.io", "r.example"));
  });

  it.each([
    ["GET", "/v2/app/manifests/v1"],
    ["HEAD", "/v2/app/manifests/v1"],
    ["PUT", "/v2/app/manifests/v1"],
    ["POST", "/v2/app/blobs/uploads/"],
    ["DELETE", "/v2/app/manifests/v1"],
    ["DELETE", "/v2/app/blobs/sha256:00"],
  ])("calls nothing locked for its 405 alone: %s %s", (method, path) => {
    const atAzure = hintFor(locked(method, `https://r.azurecr.io${path}`));
    expect(atAzure).toMatch(/^it may be locked; see with: tranship acr show r\.azurecr\.io\/app/);
    const elsewhere = hintFor(locked(method, `https://r.example${path}`));
    // What refuses every deletion is set up so.
    if (method === "DELETE") expect(elsewhere).toContain("storage.delete.enabled");
    else expect(elsewhere).toBeUndefined();
  });

  it("adds no guess to the reason that a registry gives for refusing a deletion", () => {
    const error = locked("DELETE", "https://r.example/v2/app/blobs/sha256:00", "Cannot: blob is in use (405)");
    expect(hintFor(error)).toBeUndefined();
  });

  it("calls locked what Azure's own API refuses to delete", () => {
    const error = locked("DELETE", "https://r.example/acr/v1/team/app/_tags/v1");
    expect(hintFor(error)).toContain("it is locked, or what it belongs to; unlock it with: tranship acr unlock");
  });

  it("says how an image is copied without a platform that it lacks, only where others of them are there", () => {
    const lacking = (rest: string): StoreError =>
      new StoreError("PLATFORM_UNKNOWN", `Cannot find platform "linux/arm64" in "r/app:v1": it has linux/amd64${rest}`);
    expect(hintFor(lacking("; the others that were asked for are there"))).toContain("--skip-missing-platforms");
    expect(hintFor(lacking(""))).toBeUndefined();
  });

  it("shows how to see what is there", () => {
    const error = refusal("MANIFEST_UNKNOWN", "https://r.example/v2/team/app/manifests/v1");
    expect(hintFor(error)).toBe("see what is there with: tranship ls r.example/team/app");
  });

  it("names the list of tags only where a tag is missing", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    for (const reference of [digest, encodeURIComponent(digest)]) {
      const url = `https://r.example/v2/team/app/manifests/${reference}`;
      expect(hintFor(refusal("MANIFEST_UNKNOWN", url))).toBeUndefined();
    }
    const url = "https://r.example/v2/none/manifests/v1";
    const errors = [{ code: "NAME_UNKNOWN" }];
    expect(
      hintFor(new RegistryError("MANIFEST_UNKNOWN", "Cannot read", { method: "GET", url, errors })),
    ).toBeUndefined();
    expect(hintFor(refusal("NAME_UNKNOWN", url))).toBeUndefined();
  });

  it.each([
    ["UNAUTHORIZED", "no credentials for r.example were given", "log in with: tranship login r.example"],
    [
      "UNAUTHORIZED",
      "the credentials for r.example (GH_TOKEN) were refused",
      "log in again with: tranship login r.example",
    ],
    ["DENIED", "no credentials for r.example were found (Azure: no identity)", "log in with: tranship login r.example"],
    ["DENIED", "the Entra identity needs a role at r.example", undefined],
  ])("goes on from what core says of the credentials: %s, %s", (code, said, hint) => {
    expect(hintFor(refusal(code, "https://r.example/v2/app/tags/list", `Cannot list (403); ${said}`))).toBe(hint);
  });

  it("does not repeat what the message says, and invents nothing", () => {
    expect(
      hintFor(refusal("UNAUTHORIZED", "https://r.example/v2/", "Cannot; log in with: tranship login r.example")),
    ).toBeUndefined();
    expect(hintFor(refusal("NETWORK", "https://r.example/v2/"))).toBeUndefined();
    expect(hintFor(new Error("other"))).toBeUndefined();
  });
});
