import type { AbandonedUpload } from "../journal/upload-journal.ts";
import type { CallOptions } from "../store/store.ts";
import { listCatalog } from "./lists/list-catalog.ts";
import { ping } from "./ping.ts";
import { RegistryConnection, type RegistryOptions } from "./registry-connection.ts";
import { RegistryStore } from "./registry-store.ts";
import { cancelUpload } from "./upload/steps/cancel-upload.ts";

export type { RegistryOptions } from "./registry-connection.ts";

/**
 * One registry, as one user: its repositories share connections, tokens, and what was learned of the host.
 * Close it, or declare it with `await using`, when done.
 */
export class Registry implements AsyncDisposable {
  readonly #connection: RegistryConnection;

  constructor(options: RegistryOptions) {
    this.#connection = new RegistryConnection(options);
  }

  /** The host that is asked: `host` or `host:port`. */
  get host(): string {
    return this.#connection.client.host;
  }

  /** The store of one repository, whether it exists or not. No request. @throws {SyntaxError} for a bad name. */
  repository(name: string): RegistryStore {
    return new RegistryStore(this.#connection.remote(name));
  }

  /** Every repository, in the registry's order. @throws {RegistryError} UNSUPPORTED where there is no catalogue. */
  catalog(options?: CallOptions): AsyncIterable<string> {
    return listCatalog(this.#connection, options);
  }

  /** Asks whether the host speaks the distribution API and takes our credentials (end-1). */
  ping(options?: CallOptions): Promise<void> {
    return ping(this.#connection.client, options);
  }

  /**
   * Ends an upload session that a journal remembers and nobody works on, within 5 s. False where the registry refused, or could not be asked: then the
   * session expires there some day.
   * Requests: 1 DELETE, and 2 more where the Location is stale. Spec: distribution-spec v1.1.1, "Cancel a blob upload".
   */
  async cancelUpload({ key, upload }: AbandonedUpload, options?: Omit<CallOptions, "signal">): Promise<boolean> {
    const repository = this.#connection.remote(key.repository);
    const location = await repository.client.recallLocation(upload.location).catch(() => undefined);
    return location !== undefined && cancelUpload(repository, { location }, options);
  }

  /** Closes every connection; what is under way fails. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
