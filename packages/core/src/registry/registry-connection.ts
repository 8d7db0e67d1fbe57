import { parseRepositoryName } from "../content/repository-name.ts";
import { ManifestCache } from "./manifest-cache.ts";
import { HostProfile } from "./profile/host-profile.ts";
import { createRegistryTransport } from "./registry-transport.ts";
import type { RemoteRegistry, RemoteRepository } from "./remote-repository.ts";
import type { RegistryTransport } from "./request.ts";
import { type RetryDefaults, retryDefaults } from "./retries.ts";
import type { RegistryTransportOptions } from "./transport-options.ts";

/** How to reach a registry, and what may be remembered of it. */
export interface RegistryOptions extends RegistryTransportOptions {
  /** Bytes of manifests kept in memory, so that `tag` needs no GET. Default 16 MiB. */
  readonly manifestCacheBytes?: number | undefined;
}

/** What the repositories of one registry share: connections, tokens, what was learned of the host, manifests that were read lately. */
export class RegistryConnection implements RemoteRegistry {
  readonly client: RegistryTransport;
  readonly retry: RetryDefaults;
  readonly #profile: HostProfile;
  readonly #manifests: ManifestCache;

  constructor(options: RegistryOptions) {
    const { manifestCacheBytes, ...transportOptions } = options;
    this.client = createRegistryTransport(transportOptions);
    this.#profile = new HostProfile(this.client.host);
    this.retry = retryDefaults(transportOptions);
    this.#manifests = new ManifestCache(manifestCacheBytes);
  }

  /** One repository, whether it exists or not. No request. @throws {SyntaxError} for a bad name. */
  remote(name: string): RemoteRepository {
    return {
      client: this.client,
      retry: this.retry,
      name: parseRepositoryName(name),
      profile: this.#profile,
      manifests: this.#manifests,
    };
  }

  /** Closes every connection; what is under way fails. */
  close(): Promise<void> {
    return this.client.close();
  }
}
