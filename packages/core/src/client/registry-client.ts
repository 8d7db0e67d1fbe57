import { OCI_LAYER } from "../content/media-types.ts";
import { parseTag } from "../content/tag.ts";
import { parseDigest } from "../digest/digest.ts";
import { StoreError } from "../errors/errors.ts";
import type {
  ChangeableProperties,
  ManifestProperties,
  PropertiesOrder,
  RepositoryProperties,
  TagProperties,
} from "../registry/azure/properties.ts";
import { deleteContent } from "../registry/deletion/delete-content.ts";
import { untag } from "../registry/deletion/untag.ts";
import { explained } from "../registry/explain.ts";
import { listCatalogPages } from "../registry/lists/list-catalog.ts";
import { listTags } from "../registry/lists/list-tags.ts";
import { RegistryConnection, type RegistryOptions } from "../registry/registry-connection.ts";
import { RegistryStore } from "../registry/registry-store.ts";
import { labelOf } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";
import { deleteManifest } from "./delete-manifest.ts";
import { type BlobDownload, downloadBlob } from "./download-blob.ts";
import { downloadToFile } from "./download-to-file.ts";
import { endpointOptions } from "./endpoint.ts";
import { getManifest, type RetrievedManifest } from "./get-manifest.ts";
import { type PagedList, pagedList, pagesOf } from "./paged-list.ts";
import { deriveManifestList, deriveManifestProperties } from "./properties/derive-manifest-properties.ts";
import { deriveTagList, deriveTagProperties } from "./properties/derive-tag-properties.ts";
import { checkOrder } from "./properties/ordered.ts";
import { type ManifestContent, type SetManifestOptions, type StoredManifest, setManifest } from "./set-manifest.ts";
import { tagNames } from "./tag-names.ts";
import { parseTagOrDigest } from "./tag-or-digest.ts";
import { unlessMissing } from "./unless-missing.ts";
import type { BlobContent } from "./upload/blob-content.ts";
import { type UploadBlobOptions, uploadBlob } from "./upload/upload-blob.ts";
import type { UploadedBlob } from "./upload/uploaded-blob.ts";

/** What a list of properties takes. */
export interface ListPropertiesOptions extends CallOptions {
  /** Default: the registry's own order, as a rule by name. */
  readonly orderBy?: PropertiesOrder | undefined;
}

/**
 * A client of one registry, of any kind: every call names its repository. It asks for nothing before the first call. A bad name, tag or digest is a
 * SyntaxError, one that is no text a TypeError. Close it, or declare it with `await using`, when done. `AcrClient` has the same calls and does more of them.
 */
export class RegistryClient implements AsyncDisposable {
  /** What the calls are sent over. @internal */
  protected readonly connection: RegistryConnection;

  /** @param endpoint `HOST[:PORT]`, `https://HOST[:PORT]`, or options. Without credentials it is anonymous. @throws {SyntaxError} for a bad one. */
  constructor(endpoint: string | RegistryOptions) {
    this.connection = new RegistryConnection(endpointOptions(endpoint));
  }

  /** The host that is asked: `host` or `host:port`. */
  get host(): string {
    return this.connection.client.host;
  }

  /** One repository as a store, for `copy()`. No request. */
  repository(name: string): RegistryStore {
    return new RegistryStore(this.connection.remote(name));
  }

  /** Every repository. Requests: 1 for each 1000. @throws {RegistryError} UNSUPPORTED where there is no catalogue (Docker Hub, GHCR). */
  listRepositoryNames(options: CallOptions = {}): PagedList<string> {
    return pagedList((page) => pagesOf(listCatalogPages(this.connection, { ...options, ...page }), String));
  }

  /** The tags of a repository. Requests: 1 for each 1000. @throws {RegistryError} NAME_UNKNOWN. */
  listTags(repository: string, options: CallOptions = {}): PagedList<string> {
    return tagNames(this.connection.remote(repository), options);
  }

  /** The manifest of a tag or digest. 1 request. @throws {StoreError} MANIFEST_UNKNOWN, MANIFEST_UNSUPPORTED; {DigestMismatchError}. */
  async getManifest(repository: string, tagOrDigest: string, options?: CallOptions): Promise<RetrievedManifest> {
    return getManifest(this.connection.remote(repository), parseTagOrDigest(tagOrDigest), options);
  }

  /** Puts a manifest under a tag, or under its digest. 1 request. @throws {StoreError} MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN; {DigestMismatchError}. */
  async setManifest(
    repository: string,
    manifest: ManifestContent,
    options?: SetManifestOptions,
  ): Promise<StoredManifest> {
    return setManifest(this.connection.remote(repository), manifest, options);
  }

  /** Uploads bytes, a file (a path, a `file:` URL), a Blob or a stream of any size. Requests: 1 where it is there, else 2; 1 more for each 4 MiB of a longer stream. */
  async uploadBlob(repository: string, content: BlobContent, options?: UploadBlobOptions): Promise<UploadedBlob> {
    return uploadBlob(this.connection.remote(repository), content, options);
  }

  /** A blob as a stream, which ends in a DigestMismatchError where its bytes are wrong. 1 request. @throws {RegistryError} BLOB_UNKNOWN. */
  async downloadBlob(repository: string, digest: string, options?: CallOptions): Promise<BlobDownload> {
    return downloadBlob(this.connection.remote(repository), parseDigest(digest), options);
  }

  /** A blob as a file (a path or a `file:` URL), which is there only when it is whole and right. 1 request. @throws {DigestMismatchError}; {RegistryError} BLOB_UNKNOWN. */
  async downloadBlobToFile(
    repository: string,
    digest: string,
    path: string | URL,
    options?: CallOptions,
  ): Promise<UploadedBlob> {
    return downloadToFile(this.connection.remote(repository), parseDigest(digest), path, options);
  }

  /** Deletes a manifest and every tag that points at it; false where there was none. 1 request, 2 by tag. */
  async deleteManifest(repository: string, tagOrDigest: string, options?: CallOptions): Promise<boolean> {
    return unlessMissing(deleteManifest(this.connection.remote(repository), parseTagOrDigest(tagOrDigest), options));
  }

  /** Deletes a blob; false where there was none. 1 request. @throws {RegistryError} UNSUPPORTED where the registry can't. */
  async deleteBlob(repository: string, digest: string, options?: CallOptions): Promise<boolean> {
    const descriptor = { mediaType: OCI_LAYER, digest: parseDigest(digest), size: 0 };
    return unlessMissing(deleteContent(this.connection.remote(repository), descriptor, options));
  }

  /**
   * Deletes one tag and nothing else; false where there was none. 1 request; where the registry deletes by digest only, 1 more for each tag.
   * @throws {RegistryError} UNSUPPORTED where another tag would go too.
   */
  async deleteTag(repository: string, tag: string, options?: CallOptions): Promise<boolean> {
    return unlessMissing(untag(this.connection.remote(repository), parseTag(tag), options));
  }

  /** Deletes a repository and all that is in it; false where there was none. @throws {StoreError} UNSUPPORTED: only ACR can, see `AcrClient`. */
  async deleteRepository(repository: string, _options?: CallOptions): Promise<boolean> {
    throw this.#onlyAcr(`Cannot delete repository "${this.host}/${repository}"`);
  }

  /** Name and number of tags; what else there is only ACR says. Requests: those of `listTags`. @throws {RegistryError} NAME_UNKNOWN. */
  async getRepositoryProperties(repository: string, options?: CallOptions): Promise<RepositoryProperties> {
    const remote = this.connection.remote(repository);
    try {
      const tags = await Array.fromAsync(listTags(remote, options));
      return { registryLoginServer: this.host, name: repository, tagCount: tags.length };
    } catch (error) {
      throw explained(error, `Cannot read the properties of "${labelOf(remote)}"`);
    }
  }

  /** @throws {StoreError} UNSUPPORTED: only ACR has properties that can be changed, see `AcrClient`. */
  async updateRepositoryProperties(
    repository: string,
    _properties: ChangeableProperties,
    _options?: CallOptions,
  ): Promise<RepositoryProperties> {
    throw this.#onlyAcr(`Cannot change the properties of "${this.host}/${repository}"`);
  }

  /**
   * The manifests that tags lead to, those of indexes too; on ACR every one. Costly: 1 request for each tag, each manifest of an index and each config, all before the
   * first item comes.
   */
  listManifestProperties(
    repository: string,
    { orderBy, ...options }: ListPropertiesOptions = {},
  ): PagedList<ManifestProperties> {
    const remote = this.connection.remote(repository);
    checkOrder(orderBy);
    return pagedList((page) => deriveManifestList(remote, orderBy, page, options));
  }

  /** Requests: 2 for an image, 3 for an index; and for its tags `listTags` and 1 for each tag. @throws {RegistryError} MANIFEST_UNKNOWN. */
  async getManifestProperties(
    repository: string,
    tagOrDigest: string,
    options: CallOptions = {},
  ): Promise<ManifestProperties> {
    return deriveManifestProperties(this.connection.remote(repository), parseTagOrDigest(tagOrDigest), options);
  }

  /** @throws {StoreError} UNSUPPORTED: only ACR has properties that can be changed, see `AcrClient`. */
  async updateManifestProperties(
    repository: string,
    tagOrDigest: string,
    _properties: ChangeableProperties,
    _options?: CallOptions,
  ): Promise<ManifestProperties> {
    throw this.#onlyAcr(`Cannot change the properties of manifest "${tagOrDigest}" of "${this.host}/${repository}"`);
  }

  /** The tags with their digests. Requests: `listTags` and 1 for each tag; with `orderBy` 2 for each image, 3 for each index, all before the first item comes. */
  listTagProperties(repository: string, { orderBy, ...options }: ListPropertiesOptions = {}): PagedList<TagProperties> {
    const remote = this.connection.remote(repository);
    checkOrder(orderBy);
    return pagedList((page) => deriveTagList(remote, orderBy, page, options));
  }

  /** Requests: 2 for an image, 3 for an index. @throws {RegistryError} MANIFEST_UNKNOWN. */
  async getTagProperties(repository: string, tag: string, options: CallOptions = {}): Promise<TagProperties> {
    return deriveTagProperties(this.connection.remote(repository), parseTag(tag), options);
  }

  /** @throws {StoreError} UNSUPPORTED: only ACR has properties that can be changed, see `AcrClient`. */
  async updateTagProperties(
    repository: string,
    tag: string,
    _properties: ChangeableProperties,
    _options?: CallOptions,
  ): Promise<TagProperties> {
    throw this.#onlyAcr(`Cannot change the properties of tag "${tag}" of "${this.host}/${repository}"`);
  }

  /** Closes every connection; what is under way fails. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onlyAcr(action: string): StoreError {
    return new StoreError(
      "UNSUPPORTED",
      `${action}: the distribution API has no way to; only Azure Container Registry has`,
    );
  }
}
