import {
  type CredentialProvider,
  checkCredentialFiles,
  fileCredentials,
  type Registry,
  type RegistryStore,
  staticCredential,
} from "@tranship/core";
import { Hosts } from "./hosts.ts";
import type { RegistryFlags } from "./options.ts";
import { readingInput } from "./usage-error.ts";

export interface RegistriesOptions {
  /** The hosts that will be asked: what is wrong with their settings is said before anything starts. */
  readonly hosts: readonly string[];
  /** Connections to each host. */
  readonly connections?: number | undefined;
}

/**
 * The registries that a command talks to: one for each host and credentials, so that two roles on one host share connections, and blobs can be
 * mounted, exactly where they are the same user. Declare it with `await using`.
 */
export class Registries implements AsyncDisposable {
  readonly #hosts: Hosts;
  readonly #fromFiles: CredentialProvider;
  readonly #connections: number | undefined;
  readonly #open = new Map<string, Promise<Registry>>();

  private constructor(hosts: Hosts, fromFiles: CredentialProvider, connections: number | undefined) {
    this.#hosts = hosts;
    this.#fromFiles = fromFiles;
    this.#connections = connections;
  }

  /** Reads the settings. No request. @throws {UsageError} for what is wrong with them, also with the credential files. */
  static async create(flags: RegistryFlags, { hosts, connections }: RegistriesOptions): Promise<Registries> {
    return readingInput(async () => {
      const settings = await Hosts.read(flags);
      if (hosts.length > 0) await checkCredentialFiles({ authFile: flags.authfile, hosts });
      for (const host of hosts) await settings.settingsOf(host);
      return new Registries(settings, fileCredentials({ authFile: flags.authfile }), connections);
    });
  }

  /**
   * The registry at a host, asked with these credentials (`user:password`), else with those of the files. No request.
   * @throws {UsageError} for malformed credentials.
   */
  registry(host: string, credentials?: string): Promise<Registry> {
    const key = JSON.stringify([host, credentials]);
    const registry = this.#open.get(key) ?? this.#connect(host, credentials);
    this.#open.set(key, registry);
    return registry;
  }

  /** The store of a repository. No request. */
  async repository(
    place: { readonly host: string; readonly repository: string },
    credentials?: string,
  ): Promise<RegistryStore> {
    return (await this.registry(place.host, credentials)).repository(place.repository);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of await Promise.allSettled(this.#open.values())) {
      if (opening.status === "fulfilled") await opening.value.close();
    }
  }

  async #connect(host: string, credentials: string | undefined): Promise<Registry> {
    return readingInput(async () => {
      const provider = credentials === undefined ? this.#fromFiles : staticCredential(credentials);
      const settings = await this.#hosts.settingsOf(host);
      const { connect } = await import("./connect.ts");
      return connect({ host, credentials: provider, ...settings, connections: this.#connections });
    });
  }
}
