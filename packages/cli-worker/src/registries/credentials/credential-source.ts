import type { Credential, Environment } from "@tranship/core";

/** Told what was tried for a registry and what came of it; no secret is in it. */
export type Trace = (message: string) => void;

/** What a cloud's identity is looked for with. */
export interface CloudQuestion {
  readonly host: string;
  readonly env: Environment;
  readonly trace: Trace;
  /** Told what the user should see at once; no secret is in it. */
  readonly warn: Trace;
  readonly signal: AbortSignal;
}

/** What a credential is, without its secret: `user "AWS" and a password`. */
export function describeCredential(credential: Credential | undefined): string {
  const from = credential?.from === undefined ? "" : ` from ${credential.from}`;
  switch (credential?.kind) {
    case undefined:
      return "none";
    case "anonymous":
      return `none: ${credential.reason}`;
    case "basic":
      return `user "${credential.username}" and a password${from}`;
    case "identity":
      return `an identity token${from}`;
    case "bearer":
      return `an access token${from}`;
    default:
      return `an Entra identity${from}`;
  }
}
