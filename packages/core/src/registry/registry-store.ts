import type { Descriptor } from "../content/descriptor.ts";
import { isManifestMediaType } from "../content/media-types.ts";
import { parseRepositoryName } from "../content/repository-name.ts";
import { parseTag } from "../content/tag.ts";
import { type Digest, isDigest } from "../digest/digest.ts";
import type { HashedContent } from "../digest/hash-content.ts";
import type { SeenTag } from "../journal/tag-journal.ts";
import type {
  BlobLease,
  CallOptions,
  Content,
  Hold,
  LeaseOptions,
  ListedTag,
  Open,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  ReplaceOptions,
  RepositoryPlace,
  ResolveOptions,
  Source,
  Target,
  UntagOptions,
} from "../store/store.ts";
import { listTagDetails } from "./azure/list-tag-details.ts";
import { fetchContent } from "./blobs/fetch-content.ts";
import { blobSize, headBlob } from "./blobs/head-blob.ts";
import { deleteContent } from "./deletion/delete-content.ts";
import { untag } from "./deletion/untag.ts";
import { listTags } from "./lists/list-tags.ts";
import { openManifest } from "./manifests/open-manifest.ts";
import { readBack } from "./manifests/read-back.ts";
import { hasManifest, resolveManifest } from "./manifests/resolve-manifest.ts";
import { tagManifest } from "./manifests/tag-manifest.ts";
import { listReferrers } from "./referrers/list-referrers.ts";
import { pushManifest } from "./referrers/push-manifest.ts";
import { labelOf, type RemoteRepository } from "./remote-repository.ts";
import { pendingReplacements } from "./repair/repair-record.ts";
import { replaceBlob } from "./repair/replace-blob.ts";
import { acquireBlobLease, blobLeaseFreed } from "./upload/blob-lease.ts";
import { pushBlob } from "./upload/push-blob.ts";

/** One repository of a registry as a store; `Registry.repository` makes it. A bad tag or digest is a SyntaxError. */
export class RegistryStore implements Source, Target {
  readonly name: string;
  readonly place: RepositoryPlace;
  readonly #repository: RemoteRepository;

  /** @throws {SyntaxError} for a bad repository name. @internal */
  constructor(repository: RemoteRepository) {
    parseRepositoryName(repository.name);
    this.#repository = repository;
    this.name = labelOf(repository);
    this.place = { host: repository.client.host, repository: repository.name, access: repository.client };
  }

  async resolve(reference: string, options?: ResolveOptions): Promise<Descriptor> {
    return resolveManifest(this.#repository, checked(reference), options);
  }

  async open(reference: string, options?: CallOptions): Promise<Content> {
    return openManifest(this.#repository, checked(reference), options);
  }

  async fetch(
    descriptor: Descriptor,
    options?: CallOptions & { readonly offset?: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    return fetchContent(this.#repository, descriptor, options);
  }

  async sizeOf({ digest }: Descriptor, options?: CallOptions): Promise<number> {
    return blobSize(this.#repository, digest, options);
  }

  async readBack(descriptor: Descriptor, options?: CallOptions): Promise<HashedContent> {
    return readBack(this.#repository, descriptor, options);
  }

  referrers(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<Descriptor> {
    return listReferrers(this.#repository, subject, options);
  }

  tags(options?: CallOptions): AsyncIterable<string> {
    return listTags(this.#repository, options);
  }

  listedTags(options?: CallOptions): AsyncIterable<ListedTag> {
    return listTagDetails(this.#repository, options);
  }

  async lastSeen(tag: string, { signal }: CallOptions = {}): Promise<SeenTag | undefined> {
    return this.#repository.tags.last({ ...(await this.#own(signal)), tag: parseTag(tag) });
  }

  async sawTag(tag: string, digest: Digest, { signal }: CallOptions = {}): Promise<void> {
    this.#repository.tags.seen({ ...(await this.#own(signal)), tag: parseTag(tag) }, digest);
  }

  async has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    if (isManifestMediaType(descriptor.mediaType))
      return hasManifest(this.#repository, descriptor.digest, { ...options, headProvesAbsence: true });
    return headBlob(this.#repository, descriptor, options);
  }

  async push(descriptor: Descriptor, open: Open, options: PushOptions = {}): Promise<PushOutcome> {
    if (!isManifestMediaType(descriptor.mediaType)) return pushBlob(this.#repository, descriptor, open, options);
    if (options.reference !== undefined) checked(options.reference);
    return pushManifest(this.#repository, descriptor, open, options);
  }

  async lease(blob: Descriptor, options: LeaseOptions = {}): Promise<BlobLease | "held"> {
    return acquireBlobLease(this.#repository, blob, options);
  }

  async leaseFreed(blob: Descriptor, options: LeaseOptions = {}): Promise<void> {
    return blobLeaseFreed(this.#repository, blob, options);
  }

  async holdsSparse({ signal }: CallOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    const { profile } = this.#repository;
    await profile.ready();
    return profile.get("holdsSparse") === true;
  }

  async tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void> {
    return tagManifest(this.#repository, descriptor, parseTag(reference), options);
  }

  async delete(descriptor: Descriptor, options?: CallOptions): Promise<void> {
    return deleteContent(this.#repository, descriptor, options);
  }

  async replace(descriptor: Descriptor, hold: Hold, options?: ReplaceOptions): Promise<PushOutcome> {
    return replaceBlob(this.#repository, descriptor, hold, options);
  }

  async pendingReplacements({ signal }: CallOptions = {}): Promise<readonly Descriptor[]> {
    return pendingReplacements(this.#repository, signal);
  }

  async untag(reference: string, options?: UntagOptions): Promise<void> {
    return untag(this.#repository, parseTag(reference), options);
  }

  async #own(signal: AbortSignal | undefined): Promise<{ readonly repository: string; readonly access: string }> {
    return { repository: this.#repository.name, access: await this.#repository.access(signal) };
  }
}

function checked(reference: string): string {
  return isDigest(reference) ? reference : parseTag(reference);
}
