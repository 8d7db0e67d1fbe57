import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseTrustedKeys } from "./trusted-keys.ts";

const NAMESPACE = "tranship-plan";

/** `ssh-ed25519 …` */
function newKey(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  const type = Buffer.from("ssh-ed25519");
  const bytes = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const part = (data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  return `${type} ${Buffer.concat([part(type), part(bytes)]).toString("base64")}`;
}
const KEY = newKey();

describe("parseTrustedKeys()", () => {
  it.each([
    ["a bare key", KEY],
    ["a key with a comment", `${KEY} ci@example`],
    ["a principal", `ci@example ${KEY}`],
    ["several", `ci@example,*@build.example ${KEY}`],
    ["its namespace", `ci@example namespaces="git,tranship-plan" ${KEY}`],
    ["any namespace", `ci@example namespaces="*" ${KEY}`],
    ["a comment before it", `# team\n\n${KEY}`],
  ])("takes %s", (_, text) => {
    expect(parseTrustedKeys(text, NAMESPACE)).toHaveLength(1);
  });

  // ssh-keygen refuses each of these too.
  it.each([
    ["another namespace", `ci@example namespaces="git" ${KEY}`],
    ["a namespace that is negated", `ci@example namespaces="!tranship-plan,*" ${KEY}`],
    ["a namespace that is negated at the end", `ci@example namespaces="*,!tranship-plan" ${KEY}`],
    ["a principal that is negated", `!ci@example ${KEY}`],
    ["a principal that is negated among others", `*,!ci@example ${KEY}`],
    ["an option in the place of the principals", `namespaces="tranship-plan" ${KEY}`],
    ["a time in their place", `expiry-time="20200101" ${KEY}`],
    ["an authority of certificates", `cert-authority ${KEY}`],
    ["an authority with a principal", `ci@example cert-authority ${KEY}`],
    ["a marker", `@revoked ${KEY}`],
    ["an option that is not known", `ci@example valid-before="20200101" ${KEY}`],
    ["a key of another kind than it says", `ci@example ${KEY.replace("ssh-ed25519", "ssh-rsa")}`],
    ["no key", "ci@example"],
    ["nothing", "# none"],
  ])("refuses %s", (_, text) => {
    expect(() => parseTrustedKeys(text, NAMESPACE)).toThrow(SyntaxError);
  });
});
