import { type Ask, type Credential, type Environment, sharedAnswers } from "@tranship/core";
import { type Cloud, cloudOf } from "./cloud-of.ts";
import type { CloudQuestion, Trace } from "./credential-source.ts";

/** A credential is kept for a host's further repositories until so long before its end, and "none" is kept as long, in ms. */
const RESERVE_MS = 5 * 60_000;

export interface CloudCredentialsOptions {
  /** For what is ours; the clouds' libraries read the process's. */
  readonly env: Environment;
  readonly trace: Trace;
  /** Told once what the user should see at once. Default: nobody. */
  readonly warn?: Trace | undefined;
}

/**
 * The credential of a host at a cloud, by the cloud's own library, which is loaded when the first such host is asked and for no other host.
 * Asked once for all repositories of a host. Undefined for a host of no cloud.
 */
export function cloudCredentials({ env, trace, warn }: CloudCredentialsOptions): Ask<Credential | undefined> {
  const warned = new Set<string>();
  // Kept from one host to the next.
  let azure: Promise<(question: CloudQuestion) => Promise<Credential>> | undefined;

  async function ask(cloud: Cloud, question: CloudQuestion): Promise<Credential> {
    switch (cloud.kind) {
      case "azure":
        azure ??= import("./azure-identity.ts").then(({ azureIdentities }) => azureIdentities());
        return (await azure)(question);
      case "ecr":
        return (await import("./ecr-credential.ts")).ecrCredential(cloud, question);
      case "ecr-public":
        return (await import("./ecr-public-credential.ts")).ecrPublicCredential(question);
      default:
        return (await import("./google-credential.ts")).googleCredential(question);
    }
  }

  function warnOnce(warning: string): void {
    if (warned.has(warning)) return;
    warned.add(warning);
    warn?.(warning);
  }

  return sharedAnswers<Credential | undefined>(async (host, signal) => {
    const cloud = cloudOf(host, env);
    if (cloud === undefined) return undefined;
    const about =
      (tell: Trace): Trace =>
      (message) =>
        tell(`${host}: ${message}`);
    return ask(cloud, { host, env, trace: about(trace), warn: about(warnOnce), signal });
  }, lifetimeMs);
}

/** An Entra identity looks after its tokens itself. */
function lifetimeMs(credential: Credential | undefined): number {
  if (credential === undefined || credential.kind === "entra") return Number.POSITIVE_INFINITY;
  if (credential.kind === "anonymous" || credential.expiresAt === undefined) return RESERVE_MS;
  return credential.expiresAt - Date.now() - RESERVE_MS;
}
