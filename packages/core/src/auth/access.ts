import { hash } from "node:crypto";
import type { UsableCredential } from "./credential-lookup.ts";
import { claimsOf } from "./jwt.ts";

/**
 * A fingerprint of who a credential stands for, that is the same in another process and as long as the account is: not of its secret, which changes and
 * would tell something of it.
 */
export function accessFingerprint(credential: UsableCredential | undefined): string {
  if (credential === undefined) return ANONYMOUS;
  const known = fingerprints.get(credential);
  if (known !== undefined) return known;
  const fingerprint = fingerprintOf(accountOf(credential));
  fingerprints.set(credential, fingerprint);
  return fingerprint;
}

const ANONYMOUS = fingerprintOf(["anonymous"]);

/** They are asked for with every blob. */
const fingerprints = new WeakMap<UsableCredential, string>();

function fingerprintOf(account: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(account), "hex").slice(0, 16);
}

function accountOf(credential: UsableCredential): readonly unknown[] {
  switch (credential.kind) {
    case "basic":
      return ["basic", credential.username];
    case "entra":
      // Whom it stands for shows in its token only; who shares this machine's account shares what it remembers.
      return ["entra", credential.audience];
    default: {
      const { iss, sub, oid } = claimsOf(credential.token) ?? {};
      return [credential.kind, iss, oid ?? sub];
    }
  }
}
