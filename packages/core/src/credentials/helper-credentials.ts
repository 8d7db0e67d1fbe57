import type { HelperChoice } from "./auth-file.ts";
import type { CredentialProvider } from "./credential.ts";
import { getFromHelper, type HelperOptions } from "./credential-helper.ts";

/**
 * The credentials that one `docker-credential-*` program has, whatever docker's file says; undefined where it has none for a host.
 * @throws {StoreError} CREDENTIALS, when asked, for a helper that is missing, fails or hangs.
 */
export function helperCredentials(
  helper: HelperChoice,
  options: Omit<HelperOptions, "signal"> = {},
): CredentialProvider {
  return ({ host }, call) => getFromHelper(helper, host, { ...options, signal: call?.signal });
}
