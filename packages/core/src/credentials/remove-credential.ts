import { findRegistry, helperOf, registryKeys } from "./auth-file.ts";
import { type AuthFileOptions, authFilePaths, dockerFile } from "./auth-file-paths.ts";
import { eraseFromHelper, type HelperOptions } from "./credential-helper.ts";
import { editAuthFile, readForEdit } from "./edit-auth-file.ts";
import { readAuthFile } from "./file-credentials.ts";

export interface RemoveCredentialOptions extends AuthFileOptions, HelperOptions {
  /** The registry, `host[:port]`. */
  readonly host: string;
}

/** What a logout did, and what it left. */
export interface RemovedCredential {
  /** False where there was none: "not logged in". */
  readonly removed: boolean;
  /** The file that was looked into, and the helper's program if it names one for the host. */
  readonly path: string;
  readonly program: string | undefined;
  /** Other files that still hold a credential for the host, such as podman's; they are the other tool's to change. */
  readonly stillIn: readonly string[];
}

/**
 * Forgets a registry's credential, as `docker logout` does: in the helper that the file names for the host, and in the file.
 * Entries for a namespace (podman's `host/team`) stay.
 * @throws {StoreError} CREDENTIALS for a malformed file, a file that cannot be written, and a helper that fails.
 */
export async function removeCredential(options: RemoveCredentialOptions): Promise<RemovedCredential> {
  const { host, signal } = options;
  signal?.throwIfAborted();
  const { path } = dockerFile(options);
  const { file } = await readForEdit(path);
  // Before anything is changed: a broken file among the others fails it now or not at all.
  const stillIn = await otherFilesWith(host, path, options);
  const helper = helperOf(file, host);
  const erased = helper !== undefined && (await eraseFromHelper(helper, host, options));
  signal?.throwIfAborted();
  const inFile = findRegistry(file, host) !== undefined;
  await editAuthFile(path, (auths) => {
    const keys = registryKeys(auths.keys(), host);
    for (const key of keys) auths.delete(key);
    return keys.length > 0;
  });
  return {
    removed: erased || inFile,
    path,
    program: helper && `docker-credential-${helper.name}`,
    stillIn,
  };
}

async function otherFilesWith(host: string, path: string, options: AuthFileOptions): Promise<readonly string[]> {
  const found: string[] = [];
  for (const other of authFilePaths(options)) {
    if (other.path === path) continue;
    const file = await readAuthFile(other);
    if (file !== undefined && findRegistry(file, host) !== undefined) found.push(other.path);
  }
  return found;
}
