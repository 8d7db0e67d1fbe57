import type { Credential, CredentialProvider } from "./credential.ts";

/**
 * The credential that `--src-creds` and `--dest-creds` give, `user:password`, for every host that is asked: give it to one role's client only.
 * The password may hold colons and may be empty; the colon must be there, since a lone word is more often a token than a user.
 * @throws {SyntaxError} for another form; the message does not show it.
 */
export function staticCredential(userAndPassword: string): CredentialProvider {
  const credential = parseUserPassword(userAndPassword);
  return () => Promise.resolve(credential);
}

/** Reads `user:password`. @throws {SyntaxError} without the value. */
export function parseUserPassword(text: string): Credential {
  const colon = text.indexOf(":");
  if (colon === -1) throw new SyntaxError("Cannot read the credentials: expected user:password, there is no colon");
  if (colon === 0) throw new SyntaxError("Cannot read the credentials: expected user:password, the user is empty");
  return { kind: "basic", username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Asks the providers in order; the first credential wins. A provider's error ends the search. */
export function firstOf(...providers: readonly CredentialProvider[]): CredentialProvider {
  return async (request, options) => {
    for (const provider of providers) {
      options?.signal?.throwIfAborted();
      const credential = await provider(request, options);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}
