/**
 * What a registry is shown. Never logged, never stored.
 * - basic: user and password, for basic auth or for a token endpoint.
 * - identity: an OAuth2 refresh token (docker's `identitytoken`), exchanged at the token endpoint.
 * - bearer: an access token that is ready to use (docker's `registrytoken`).
 */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "identity"; readonly token: string }
  | { readonly kind: "bearer"; readonly token: string };

/** What a credential is wanted for: `host[:port]` as the user wrote it (`docker.io`) and the repository, if one is meant. */
export interface CredentialRequest {
  readonly host: string;
  readonly repository?: string | undefined;
}

/** Finds the credential; undefined means anonymous. Called once per host and repository, its answer is remembered by the client. */
export type CredentialProvider = (
  request: CredentialRequest,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Credential | undefined>;
