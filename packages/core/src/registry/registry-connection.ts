import { parseRepositoryName } from "../content/repository-name.ts";
import type { RegistryTransport } from "../http/request.ts";
import type { Journal } from "../journal/journal.ts";
import type { RepairJournal } from "../journal/repair-journal.ts";
import { ownWaitBudget } from "../pace/wait-budget.ts";
import { checkListLimits, type ListLimits } from "./lists/list-limits.ts";
import { ManifestCache } from "./manifests/manifest-cache.ts";
import { HostProfile } from "./profile/host-profile.ts";
import { KnownBlobs } from "./profile/known-blobs.ts";
import { KnownTags } from "./profile/known-tags.ts";
import { Saving } from "./profile/saving.ts";
import type { RemoteRegistry, RemoteRepository } from "./remote-repository.ts";
import { createRegistryTransport } from "./transport/registry-transport.ts";
import { type RetryDefaults, retryDefaults } from "./transport/retries.ts";
import type { RegistryTransportOptions } from "./transport/transport-options.ts";
import { RegistryLeases } from "./upload/registry-leases.ts";
import { type UploadOptions, type UploadSettings, uploadSettings } from "./upload-settings.ts";

/** How to reach a registry, and what may be remembered of it. */
export interface RegistryOptions extends RegistryTransportOptions {
  /** Bytes of manifests kept in memory, so that `tag` needs no GET. Default 16 MiB. */
  readonly manifestCacheBytes?: number | undefined;
  /**
   * What is remembered between runs: open uploads, which the next process goes on with, what the host was seen to do, which repositories hold a blob.
   * It is not closed with the registry. Default: nothing outlives this one, and an upload that is aborted is cancelled.
   */
  readonly journal?: Journal | undefined;
  readonly uploads?: UploadOptions | undefined;
  /** How much of a list is read: pages, names and bytes. A longer one fails with LIST_TOO_LONG. */
  readonly lists?: ListLimits | undefined;
}

/** What the repositories of one registry share: connections, tokens, what was learned of the host, manifests that were read lately. */
export class RegistryConnection implements RemoteRegistry {
  readonly client: RegistryTransport;
  readonly retry: RetryDefaults;
  readonly profile: HostProfile;
  readonly lists: ListLimits | undefined;
  readonly #blobs: KnownBlobs;
  readonly #tags: KnownTags;
  readonly #saving = new Saving();
  readonly #uploads: UploadSettings;
  readonly #repairs: RepairJournal | undefined;
  readonly #leases: RegistryLeases;
  readonly #remembers: boolean;
  readonly #manifests: ManifestCache;

  constructor(options: RegistryOptions) {
    const { manifestCacheBytes, journal, uploads, lists, waitBudget = ownWaitBudget(), ...others } = options;
    checkListLimits(lists ?? {});
    this.lists = lists;
    const transportOptions = { ...others, waitBudget };
    this.#remembers = journal !== undefined;
    this.#uploads = uploadSettings(uploads, journal?.uploads);
    this.#repairs = journal?.repairs;
    this.#leases = new RegistryLeases(journal?.leases, this.#saving);
    this.client = createRegistryTransport(transportOptions);
    const { host } = this.client;
    this.profile = new HostProfile(host, journal?.profiles, this.#saving);
    this.#blobs = new KnownBlobs(host, journal?.blobs, this.#saving);
    this.#tags = new KnownTags(host, journal?.tags, this.#saving);
    this.retry = retryDefaults(transportOptions);
    this.#manifests = new ManifestCache(manifestCacheBytes);
  }

  /** One repository, whether it exists or not. No request. @throws {SyntaxError} for a bad name. */
  remote(name: string): RemoteRepository {
    return {
      client: this.client,
      retry: this.retry,
      lists: this.lists,
      name: parseRepositoryName(name),
      profile: this.profile,
      blobs: this.#blobs,
      tags: this.#tags,
      uploads: this.#uploads,
      repairs: this.#repairs,
      leases: this.#leases,
      access: (signal) => this.#access(name, signal),
      manifests: this.#manifests,
    };
  }

  /** Credentials that can't be read are the business of the request that needs them. */
  async #access(name: string, signal: AbortSignal | undefined): Promise<string> {
    if (!this.#remembers) return "";
    return this.client.access(name, signal).catch(() => "unknown");
  }

  /** Closes every connection; what is under way fails. What was learned is in the journal then. */
  async close(): Promise<void> {
    await this.client.close();
    await this.#saving.done();
  }
}
