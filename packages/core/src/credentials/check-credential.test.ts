import { describe, expect, it } from "vitest";
import { checkCredential } from "./check-credential.ts";

const getToken = async () => null;

describe("checkCredential()", () => {
  it.each([
    { kind: "basic", username: "user", password: "" },
    { kind: "identity", token: "t" },
    { kind: "bearer", token: "t", from: "GITHUB_TOKEN" },
    { kind: "entra", credential: { getToken } },
    { kind: "anonymous", reason: "none was found" },
  ])("takes $kind", (credential) => {
    expect(() => checkCredential(credential)).not.toThrow();
  });

  it.each([
    ["user:sesame", "expected an object with a kind, got string"],
    [
      { username: "user", password: "sesame" },
      "kind: expected one of basic, identity, bearer, entra, anonymous, got undefined",
    ],
    [
      { kind: "basics", username: "user", password: "sesame" },
      'kind: expected one of basic, identity, bearer, entra, anonymous, got "basics"',
    ],
    [{ kind: "basic", username: "sesame", password: undefined }, "password: expected text, got undefined"],
    [{ kind: "bearer", token: null }, "token: expected text, got object"],
    [{ kind: "entra", credential: {} }, "credential: expected an object with getToken, as those of @azure/identity"],
  ])("refuses what is none, without showing it: %o", (credential, reason) => {
    expect(() => checkCredential(credential)).toThrow(new TypeError(`Bad credentials: ${reason}`));
    expect(reason).not.toContain("sesame");
  });
});
