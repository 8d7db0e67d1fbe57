import { encodeAuthEntry } from "./auth-entry.ts";
import { helperOf, registryKeys } from "./auth-file.ts";
import { type AuthFileOptions, dockerFile } from "./auth-file-paths.ts";
import { type HelperOptions, storeInHelper } from "./credential-helper.ts";
import { editAuthFile, readForEdit } from "./edit-auth-file.ts";
import { dockerServerName } from "./registry-key.ts";

export interface SaveCredentialOptions extends AuthFileOptions, HelperOptions {
  /** The registry, `host[:port]`; each of Docker Hub's names is one. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** Where a credential was written. */
export type SavedCredential =
  | { readonly kind: "helper"; readonly program: string; readonly path: string }
  /** `warning` is docker's: it lies there unencrypted. */
  | { readonly kind: "file"; readonly path: string; readonly warning: string };

/**
 * Keeps a registry's user and password for later, as `docker login` does: in the helper that the file names for the host (`credHelpers`,
 * else `credsStore`), else in the file itself. Other spellings of the same registry in the file go, so that none hides the new one.
 * @throws {StoreError} CREDENTIALS for a malformed file, which is left as it is, a file that cannot be written, and a helper that fails.
 * @throws {TypeError} for a user name that is empty or has a colon, which basic authentication cannot carry.
 */
export async function saveCredential(options: SaveCredentialOptions): Promise<SavedCredential> {
  const { host, username, password, signal } = options;
  signal?.throwIfAborted();
  if (username === "" || username.includes(":")) throw new TypeError("Not a user name: it is empty or has a colon");
  const { path } = dockerFile(options);
  const { file } = await readForEdit(path);
  const helper = helperOf(file, host);
  if (helper !== undefined) await storeInHelper(helper, { host, username, password }, options);
  signal?.throwIfAborted();
  // With a helper docker leaves an empty entry: `docker info` and others list the registries by it.
  const entry = helper === undefined ? encodeAuthEntry(username, password) : {};
  await editAuthFile(path, (auths) => {
    for (const key of registryKeys(auths.keys(), host)) auths.delete(key);
    auths.set(dockerServerName(host), entry);
    return true;
  });
  if (helper !== undefined) return { kind: "helper", program: `docker-credential-${helper.name}`, path };
  const warning = `The credentials are stored unencrypted in "${path}". A credential helper avoids that: https://docs.docker.com/go/credential-store/`;
  return { kind: "file", path, warning };
}
