import { StoreError } from "../errors/errors.ts";
import {
  type AuthFile,
  checkEntries,
  findNamespaced,
  findRegistry,
  type HelperChoice,
  helperOf,
  parseAuthFile,
  readAuthText,
} from "./auth-file.ts";
import { type AuthFileOptions, type AuthFilePath, authFilePaths } from "./auth-file-paths.ts";
import type { Credential, CredentialProvider } from "./credential.ts";
import { checkHelper, getFromHelper, isInstalled } from "./credential-helper.ts";
import { registryName } from "./registry-key.ts";
import { sharedAnswers } from "./shared-answers.ts";

/** How long a helper's answer is used for a host's further repositories, in ms: below the 1 h of the shortest cloud tokens. */
const HELPER_ANSWER_MAX_AGE_MS = 5 * 60_000;

export interface FileCredentialsOptions extends AuthFileOptions {
  /** How long a credential helper may take, in ms. Default 30 000. */
  readonly helperTimeoutMs?: number | undefined;
  /** Told once of each credential store (`credsStore`) whose program is missing and is therefore skipped. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/**
 * Credentials from docker's `config.json` and podman's `auth.json`, helpers included; `authFilePaths` has the files and their order.
 *
 * Within a file, by the first that has one: `credHelpers` of the host; podman's entries of `auths` for the repository or a namespace around it,
 * the longest first; `credsStore`; the entry of `auths` for the host. As with containers/image, a host with its own helper uses nothing else
 * of that file; a host whose `credHelpers` entry is empty uses no helper. A `credsStore` whose program is missing is skipped with a
 * warning: it is for all hosts, and most of them need no credential. Files are read anew for each request, so that a login is seen by a running process; a helper's answer is kept for 5 minutes.
 * @throws {StoreError} CREDENTIALS for a file or a helper that is broken, and for a named file that is not there. No message holds a secret.
 */
export function fileCredentials(options: FileCredentialsOptions = {}): CredentialProvider {
  const { env, helperTimeoutMs, onWarning } = options;
  const helpers = new Map<string, HelperChoice>();
  const askShared = sharedAnswers<Credential | undefined>(async (key, signal) => {
    const [name = "", host = ""] = key.split(" ");
    const helper = helpers.get(name);
    return helper && getFromHelper(helper, host, { env, helperTimeoutMs, signal });
  }, HELPER_ANSWER_MAX_AGE_MS);
  const ask = (helper: HelperChoice, host: string, signal?: AbortSignal): Promise<Credential | undefined> => {
    helpers.set(helper.name, helper);
    return askShared(`${helper.name} ${host}`, signal);
  };
  const warned = new Set<string>();
  const fromStore = async (
    store: HelperChoice | undefined,
    host: string,
    signal?: AbortSignal,
  ): Promise<Credential | undefined> => {
    if (store === undefined) return undefined;
    if (await isInstalled(store, { env })) return ask(store, host, signal);
    if (!warned.has(store.namedBy)) {
      warned.add(store.namedBy);
      onWarning?.(`no program "docker-credential-${store.name}" on PATH (named by ${store.namedBy}): it is skipped`);
    }
    return undefined;
  };

  return async ({ host, repository }, { signal } = {}) => {
    for (const path of authFilePaths(options)) {
      signal?.throwIfAborted();
      const file = await readAuthFile(path);
      signal?.throwIfAborted();
      if (file === undefined) continue;
      const ownHelper = file.credHelpers.get(registryName(host));
      const found = ownHelper
        ? await ask(ownHelper, host, signal)
        : (findNamespaced(file, host, repository) ??
          (await fromStore(helperOf(file, host), host, signal)) ??
          findRegistry(file, host));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/**
 * Reads every file that `fileCredentials` would read, so that a broken one is told before anything starts; no helper is run.
 * For each of `hosts` the program of its own helper (`credHelpers`) must be on PATH.
 * Entries of `auths` for other hosts may be malformed; without `hosts` every entry is checked.
 * @throws {StoreError} CREDENTIALS with one clear line.
 */
export async function checkCredentialFiles(
  options: AuthFileOptions & { readonly hosts?: readonly string[] | undefined } = {},
): Promise<void> {
  for (const path of authFilePaths(options)) {
    const file = await readAuthFile(path);
    if (file === undefined) continue;
    if (options.hosts === undefined) checkEntries(file);
    for (const host of options.hosts ?? []) {
      checkEntries(file, host);
      const helper = file.credHelpers.get(registryName(host));
      if (helper !== undefined) await checkHelper(helper, { env: options.env });
    }
  }
}

/** A file of the list, or undefined where a default one is absent or empty. */
export async function readAuthFile({ path, named, text: given }: AuthFilePath): Promise<AuthFile | undefined> {
  const text = given ?? (await readAuthText(path));
  if (text === undefined && named) {
    throw new StoreError("CREDENTIALS", `Cannot read credentials from "${path}": there is no such file`);
  }
  // Docker takes an empty file as one without credentials; a file that was named is meant to have some.
  if (text === undefined || (text.trim() === "" && !named)) return undefined;
  return parseAuthFile(text, path);
}
