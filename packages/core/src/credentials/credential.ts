import type { TokenCredential } from "./token-credential.ts";

/** What may be known of any credential besides its secret. */
interface CredentialOrigin {
  /** Where it was found, for messages: `GITHUB_TOKEN`. */
  readonly from?: string | undefined;
  /** When it ends, in ms since 1970: its provider is asked again then. Default: it doesn't. */
  readonly expiresAt?: number | undefined;
}

/** User and password, for basic auth or for a token endpoint: an account, ACR's admin user, a repository-scoped token. */
export interface BasicCredential extends CredentialOrigin {
  readonly kind: "basic";
  readonly username: string;
  readonly password: string;
}

/** An OAuth2 refresh token (docker's `identitytoken`), exchanged at the token endpoint. */
export interface IdentityCredential extends CredentialOrigin {
  readonly kind: "identity";
  readonly token: string;
}

/** An access token that is ready to use (docker's `registrytoken`). */
export interface BearerCredential extends CredentialOrigin {
  readonly kind: "bearer";
  readonly token: string;
}

/** An identity of Microsoft Entra, for Azure Container Registry: its token is exchanged for one of the registry. */
export interface EntraCredential extends CredentialOrigin {
  readonly kind: "entra";
  readonly credential: TokenCredential;
  /** Whom the Entra token is for. Default: by the host, `acrAudience`. */
  readonly audience?: string | undefined;
}

/** No credential, and why there is none: said where the registry then refuses. */
export interface AnonymousCredential extends CredentialOrigin {
  readonly kind: "anonymous";
  readonly reason: string;
}

/** What a registry is shown. Never logged, never stored. */
export type Credential =
  | BasicCredential
  | IdentityCredential
  | BearerCredential
  | EntraCredential
  | AnonymousCredential;

/** What a credential is wanted for: `host[:port]` as the user wrote it (`docker.io`) and the repository, if one is meant. */
export interface CredentialRequest {
  readonly host: string;
  readonly repository?: string | undefined;
}

/**
 * Finds the credential; undefined means anonymous. Called once per host and repository, its answer is remembered by the client until it
 * expires, where it does. What it throws, the call throws as it is.
 */
export type CredentialProvider = (
  request: CredentialRequest,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Credential | undefined>;
