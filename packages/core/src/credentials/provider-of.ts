import { checkCredential, hasGetToken } from "./check-credential.ts";
import type { Credential, CredentialProvider } from "./credential.ts";
import type { TokenCredential } from "./token-credential.ts";

/** Every way to say who asks, as a provider: a provider, one credential for every repository, a token credential of Entra, or nobody. @throws {TypeError} for a credential that is none. */
export function providerOf(
  credentials: CredentialProvider | Credential | TokenCredential | undefined,
): CredentialProvider {
  if (typeof credentials === "function") return credentials;
  if (credentials === undefined) return async () => undefined;
  const credential = isBareToken(credentials) ? ({ kind: "entra", credential: credentials } as const) : credentials;
  checkCredential(credential);
  return async () => credential;
}

function isBareToken(credentials: Credential | TokenCredential): credentials is TokenCredential {
  return hasGetToken(credentials) && !("kind" in credentials);
}
