import { describe, expect, it } from "vitest";
import type { CredentialProvider } from "./credential.ts";
import { firstOf, staticCredential } from "./static-credential.ts";

describe("staticCredential()", () => {
  it.each([
    ["me:pass", "me", "pass"],
    ["me:pa:ss:", "me", "pa:ss:"],
    ["me:", "me", ""],
  ])("staticCredential() reads %s", async (text, username, password) => {
    await expect(staticCredential(text)({ host: "any.example" })).resolves.toEqual({
      kind: "basic",
      username,
      password,
    });
  });

  it.each(["s3cr3t", ":s3cr3t", ""])("staticCredential() refuses %j without showing it", (text) => {
    expect(() => staticCredential(text)).toThrow(SyntaxError);
    expect(() => staticCredential(text)).not.toThrow(/s3cr3t/);
  });
});

describe("firstOf()", () => {
  const none: CredentialProvider = () => Promise.resolve(undefined);

  it("firstOf() gives the first credential, and asks no further", async () => {
    const never: CredentialProvider = () => Promise.reject(new Error("asked"));
    await expect(firstOf(none, staticCredential("a:b"), never)({ host: "h" })).resolves.toMatchObject({
      username: "a",
    });
    await expect(firstOf(none, none)({ host: "h" })).resolves.toBeUndefined();
  });

  it("firstOf() ends with a provider's error, and with the signal's reason", async () => {
    const broken: CredentialProvider = () => Promise.reject(new RangeError("broken"));
    await expect(firstOf(broken, staticCredential("a:b"))({ host: "h" })).rejects.toThrow(RangeError);
    const reason = new Error("stop");
    const asked = firstOf(staticCredential("a:b"))({ host: "h" }, { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
  });
});
