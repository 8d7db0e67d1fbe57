import { CopyError } from "@tranship/copy";
import { RegistryError } from "@tranship/core";
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
    expect(hintFor(refusal("UNAUTHORIZED", "https://auth.example/token"))).toBe("log in with: tranship login HOST");
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

  it("does not repeat what the message says, and invents nothing", () => {
    expect(
      hintFor(
        refusal("UNAUTHORIZED", "https://r.example/v2/", "no credentials; log in with: tranship login r.example"),
      ),
    ).toBeUndefined();
    expect(hintFor(refusal("NETWORK", "https://r.example/v2/"))).toBeUndefined();
    expect(hintFor(new Error("other"))).toBeUndefined();
  });
});
