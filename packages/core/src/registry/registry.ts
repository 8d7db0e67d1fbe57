import type { RetryOptions } from "../http/retry.ts";
import type { CallOptions } from "../store/store.ts";
import { HostProfile } from "./host-profile.ts";
import { listCatalog } from "./list-catalog.ts";
import { ManifestCache } from "./manifest-cache.ts";
import { ping } from "./ping.ts";
import { RegistryStore } from "./registry-store.ts";
import { createRegistryTransport, type RegistryTransportOptions } from "./registry-transport.ts";
import type { RegistryTransport } from "./request.ts";

/** How to reach a registry, and what may be remembered of it. */
export interface RegistryOptions extends RegistryTransportOptions {
  /** Bytes of manifests kept in memory, so that `tag` needs no GET. Default 16 MiB. */
  readonly manifestCacheBytes?: number | undefined;
}

/**
 * One registry, as one user: its repositories share connections, tokens, and what was learned of the host.
 * Close it, or declare it with `await using`, when done.
 */
export class Registry implements AsyncDisposable {
  readonly #client: RegistryTransport;
  readonly #retry: RetryOptions;
  readonly #profile = new HostProfile();
  readonly #manifests: ManifestCache;

  constructor(options: RegistryOptions) {
    const { manifestCacheBytes, ...clientOptions } = options;
    this.#client = createRegistryTransport(clientOptions);
    const { retry, onRetry, sleep } = clientOptions;
    this.#retry = { ...retry, onRetry, sleep };
    this.#manifests = new ManifestCache(manifestCacheBytes);
  }

  /** The host that is asked: `host` or `host:port`. */
  get host(): string {
    return this.#client.host;
  }

  /** The store of one repository, whether it exists or not. No request. @throws {SyntaxError} for a bad name. */
  repository(name: string): RegistryStore {
    return new RegistryStore({
      client: this.#client,
      retry: this.#retry,
      name,
      profile: this.#profile,
      manifests: this.#manifests,
    });
  }

  /** Every repository, in the registry's order. @throws {RegistryError} UNSUPPORTED where there is no catalogue. */
  catalog(options?: CallOptions): AsyncIterable<string> {
    return listCatalog({ client: this.#client, retry: this.#retry }, options);
  }

  /** Asks whether the host speaks the distribution API and takes our credentials (end-1). */
  ping(options?: CallOptions): Promise<void> {
    return ping(this.#client, options);
  }

  /** Closes every connection; what is under way fails. */
  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
