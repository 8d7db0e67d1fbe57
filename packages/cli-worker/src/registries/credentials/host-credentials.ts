import { type CredentialProvider, type Environment, fileCredentials, staticCredential } from "@tranship/core";
import { cloudCredentials } from "./cloud-credentials.ts";
import { describeCredential, type Trace } from "./credential-source.ts";
import { environmentCredential } from "./environment-credential.ts";

export interface HostCredentialsOptions {
  /** `--authfile`. */
  readonly authFile?: string | undefined;
  /** Default: the process's. */
  readonly env?: Environment | undefined;
  /** Told what is tried, in its order. */
  readonly trace?: Trace | undefined;
  /** Told once of each identity in the environment that was refused, and of each helper that is missing. */
  readonly warn?: Trace | undefined;
}

/**
 * Finds the credential of a registry where none was given on the command line; the first that has one wins:
 * 1. the files of docker and podman with their helpers (`fileCredentials`),
 * 2. the environment of a pipeline, for the registry that it is meant for (`environmentCredential`),
 * 3. the identity of the cloud that the host belongs to (`cloudOf`), by that cloud's own library.
 * Without any it is anonymous access. A file or helper that is broken ends the search with its error; a cloud's library that has or gets no
 * credential doesn't, and why is said where the registry refuses.
 * @throws {StoreError} CREDENTIALS.
 */
export function hostCredentials(options: HostCredentialsOptions = {}): CredentialProvider {
  const { authFile, env = process.env, trace = () => {}, warn } = options;
  const fromFiles = fileCredentials({ authFile, env, onWarning: warn });
  const fromCloud = cloudCredentials({ env, warn, trace: (message) => trace(`Credentials of ${message}`) });
  const sources: readonly (readonly [name: string, find: CredentialProvider])[] = [
    ["files and helpers", fromFiles],
    ["environment", async ({ host }) => environmentCredential(host, env)],
    ["cloud", ({ host }, call) => fromCloud(host, call?.signal)],
  ];
  return async (request, call) => {
    const place = request.repository === undefined ? request.host : `${request.host}/${request.repository}`;
    for (const [name, find] of sources) {
      call?.signal?.throwIfAborted();
      const credential = await find(request, call);
      trace(`Credentials of ${place}: ${name}: ${describeCredential(credential)}`);
      if (credential !== undefined && credential.kind !== "anonymous") return credential;
      if (credential !== undefined) {
        trace(`Credentials of ${place}: anonymous access`);
        return credential;
      }
    }
    trace(`Credentials of ${place}: anonymous access`);
    return undefined;
  };
}

/** The credential that was given on the command line as `user:password`: nothing else is tried. @throws {SyntaxError} for another form. */
export function givenCredentials(userAndPassword: string, trace: Trace = () => {}): CredentialProvider {
  const given = staticCredential(userAndPassword);
  return async (request, call) => {
    const credential = await given(request, call);
    trace(`Credentials of ${request.host}: command line: ${describeCredential(credential)}`);
    return credential;
  };
}
