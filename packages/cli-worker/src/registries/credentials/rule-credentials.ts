import { type Credential, type CredentialProvider, checkHelper, helperCredentials } from "@tranship/core";
import type { HostCredentials, HostRules } from "../host-rules.ts";
import { describeCredential, type Trace } from "./credential-source.ts";

/** The credentials that a mirror file gives its hosts; for other hosts, and those that it gives none, what `otherwise` has. */
export function ruleCredentials(
  rules: ReadonlyMap<string, HostRules>,
  otherwise: CredentialProvider,
  trace: Trace = () => {},
): CredentialProvider {
  const providers = new Map(
    [...rules.values()].flatMap(({ host, credentials }) =>
      credentials === undefined ? [] : [[host, providerOf(host, credentials)] as const],
    ),
  );
  return async (request, call) => {
    const provider = providers.get(request.host);
    if (provider === undefined) return otherwise(request, call);
    const credential = await provider(request, call);
    trace(`Credentials of ${request.host}: mirror file: ${describeCredential(credential)}`);
    return credential;
  };
}

/** Looks for the programs of the helpers that a mirror file names, and runs none. @throws {StoreError} CREDENTIALS for one that is not on PATH. */
export async function checkHelpers(rules: Iterable<HostRules>): Promise<void> {
  for (const { host, credentials } of rules) {
    if (credentials?.kind === "helper") await checkHelper(helperOf(host, credentials.helper));
  }
}

function providerOf(host: string, credentials: HostCredentials): CredentialProvider {
  if (credentials.kind === "helper") return helperCredentials(helperOf(host, credentials.helper));
  const credential = given(credentials);
  return async () => credential;
}

function helperOf(host: string, name: string): { readonly name: string; readonly namedBy: string } {
  return { name, namedBy: `the mirror file for ${host}` };
}

function given(credentials: Exclude<HostCredentials, { readonly kind: "helper" }>): Credential {
  switch (credentials.kind) {
    case "password":
      return { kind: "basic", username: credentials.username, password: credentials.password };
    case "token":
      return { kind: "bearer", token: credentials.token };
    case "anonymous":
      return { kind: "anonymous", reason: "the mirror file says so" };
  }
}
