import { describe, expect, it } from "vitest";
import { isRetryable, RegistryError, redactUrl, StoreError } from "./errors.ts";

const registryError = (code: string, status?: number) =>
  new RegistryError(code, "Cannot", { method: "GET", url: "https://r.example/v2/", ...(status && { status }) });

describe("redactUrl()", () => {
  it("leaves out user, password, query and fragment", () => {
    expect(redactUrl("https://user:secret@r.example:5000/v2/a?state=secret#secret")).toBe(
      "https://r.example:5000/v2/a",
    );
  });

  it("shows nothing of what is no URL", () => {
    expect(redactUrl("no url, a secret")).not.toContain("secret");
  });
});

describe("RegistryError", () => {
  it("keeps no secret of its URL", () => {
    const error = new RegistryError("DENIED", "Cannot", {
      method: "PUT",
      url: "https://u:secret@r.example/x?sig=secret",
    });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(error.url).toBe("https://r.example/x");
  });
});

describe("isRetryable()", () => {
  it.each([408, 425, 429, 500, 502, 503, 504])("says yes to %d", (status) => {
    expect(isRetryable(registryError("PROTOCOL", status))).toBe(true);
  });

  it.each([400, 401, 403, 404, 405, 413, 416, 501])("says no to %d", (status) => {
    expect(isRetryable(registryError("PROTOCOL", status))).toBe(false);
  });

  it("says yes where no answer came, no to TLS, to wrong bytes and to what is no store's error", () => {
    expect([registryError("NETWORK"), registryError("TIMEOUT")].map(isRetryable)).toEqual([true, true]);
    const others = [registryError("TLS"), new StoreError("DIGEST_MISMATCH", "wrong"), new Error("x"), undefined];
    expect(others.map(isRetryable)).toEqual([false, false, false, false]);
  });

  it("says no where a registry asked for a wait longer than allowed", () => {
    expect(isRetryable(registryError("RATE_LIMITED", 429))).toBe(false);
  });
});
