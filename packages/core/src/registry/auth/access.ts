import { createHash } from "node:crypto";
import type { UsableCredential } from "./credential-lookup.ts";
import { claimsOf } from "./jwt.ts";

/**
 * A fingerprint of who a credential stands for, that is the same in another process and as long as the account is: not of its secret, which changes and
 * would tell something of it.
 */
export function accessFingerprint(credential: UsableCredential | undefined): string {
  return createHash("sha256")
    .update(JSON.stringify(accountOf(credential)))
    .digest("hex")
    .slice(0, 16);
}

function accountOf(credential: UsableCredential | undefined): readonly unknown[] {
  if (credential === undefined) return ["anonymous"];
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
