import { parseTag } from "../content/tag.ts";
import { type Digest, isDigest } from "../digest/digest.ts";
import { type AcrList, askAcr, listAcr } from "../registry/azure/acr-request.ts";
import { changeableAttributes } from "../registry/azure/changeable-attributes.ts";
import { deleteAtAzure } from "../registry/azure/delete-at-azure.ts";
import type {
  ChangeableProperties,
  ManifestProperties,
  PropertiesOrder,
  RepositoryProperties,
  TagProperties,
} from "../registry/azure/properties.ts";
import {
  catalogRequest,
  manifestRequest,
  manifestsRequest,
  repositoryRequest,
  tagRequest,
  tagsRequest,
} from "../registry/azure/resources.ts";
import { statusOf } from "../registry/explain.ts";
import { listTags } from "../registry/lists/list-tags.ts";
import { hasManifest } from "../registry/manifests/resolve-manifest.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";
import { type PagedList, pagedList, pagesOf } from "./paged-list.ts";
import { isAscending } from "./properties/ordered.ts";
import { type ListPropertiesOptions, RegistryClient } from "./registry-client.ts";
import { parseTagOrDigest } from "./tag-or-digest.ts";

/** Whether the distribution API knows the repository. Requests: 1. */
async function hasTags(repository: RemoteRepository, options: CallOptions): Promise<boolean> {
  try {
    for await (const _ of listTags(repository, options)) return true;
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

function orderQuery(orderBy: PropertiesOrder | undefined): Readonly<Record<string, string>> {
  return orderBy === undefined ? {} : { orderby: isAscending(orderBy) ? "timeasc" : "timedesc" };
}

/**
 * A client of Azure Container Registry: the calls of `RegistryClient`, and those that only ACR has, over its own API (`/acr/v1`, 2021-07-01). What is
 * locked refuses with UNSUPPORTED (405). Names are those of Azure's own clients.
 */
export class AcrClient extends RegistryClient {
  /** Every repository. Requests: 1 for each 100. */
  override listRepositoryNames(options: CallOptions = {}): PagedList<string> {
    return this.#list(catalogRequest(this.connection), {}, options);
  }

  /** 1 request. @throws {RegistryError} NAME_UNKNOWN. */
  override async getRepositoryProperties(repository: string, options: CallOptions = {}): Promise<RepositoryProperties> {
    return askAcr(this.connection, repositoryRequest(this.connection.remote(repository), "read"), options);
  }

  /** Changes what is given, and gives what they are then. 1 request. @throws {RegistryError} NAME_UNKNOWN; {TypeError} where nothing is given. */
  override async updateRepositoryProperties(
    repository: string,
    properties: ChangeableProperties,
    options: CallOptions = {},
  ): Promise<RepositoryProperties> {
    const request = repositoryRequest(this.connection.remote(repository), "change");
    return askAcr(this.connection, request, options, changeableAttributes(properties));
  }

  /**
   * Deletes a repository with all its manifests and tags; false where there was none. 1 request, and 1 GET before the
   * first deletion unless the host has shown that it is ACR, by its name or by an answer.
   * @throws {StoreError} UNSUPPORTED where it does not show that.
   */
  override async deleteRepository(repository: string, options: CallOptions = {}): Promise<boolean> {
    const remote = this.connection.remote(repository);
    return deleteAtAzure(remote, repositoryRequest(remote, "delete"), () => hasTags(remote, options), options);
  }

  /** Every manifest, tagged or not. Requests: 1 for each 100. @throws {RegistryError} NAME_UNKNOWN. */
  override listManifestProperties(
    repository: string,
    { orderBy, ...options }: ListPropertiesOptions = {},
  ): PagedList<ManifestProperties> {
    const request = manifestsRequest(this.connection.remote(repository));
    return this.#list(request, orderQuery(orderBy), options);
  }

  /** 1 request, 2 by tag. @throws {RegistryError} MANIFEST_UNKNOWN. */
  override async getManifestProperties(
    repository: string,
    tagOrDigest: string,
    options: CallOptions = {},
  ): Promise<ManifestProperties> {
    const digest = await this.#digestOf(repository, tagOrDigest, options);
    return askAcr(this.connection, manifestRequest(this.connection.remote(repository), digest, "read"), options);
  }

  /** Changes what is given, and gives what they are then. 1 request, 2 by tag. @throws {RegistryError} MANIFEST_UNKNOWN; {TypeError} where nothing is given. */
  override async updateManifestProperties(
    repository: string,
    tagOrDigest: string,
    properties: ChangeableProperties,
    options: CallOptions = {},
  ): Promise<ManifestProperties> {
    const changes = changeableAttributes(properties);
    const digest = await this.#digestOf(repository, tagOrDigest, options);
    const request = manifestRequest(this.connection.remote(repository), digest, "change");
    return askAcr(this.connection, request, options, changes);
  }

  /** Every tag with its digest. Requests: 1 for each 100. @throws {RegistryError} NAME_UNKNOWN. */
  override listTagProperties(
    repository: string,
    { orderBy, ...options }: ListPropertiesOptions = {},
  ): PagedList<TagProperties> {
    const request = tagsRequest(this.connection.remote(repository));
    return this.#list(request, orderQuery(orderBy), options);
  }

  /** 1 request. @throws {RegistryError} MANIFEST_UNKNOWN. */
  override async getTagProperties(repository: string, tag: string, options: CallOptions = {}): Promise<TagProperties> {
    return askAcr(this.connection, tagRequest(this.connection.remote(repository), parseTag(tag), "read"), options);
  }

  /** Changes what is given, and gives what they are then. 1 request. @throws {RegistryError} MANIFEST_UNKNOWN; {TypeError} where nothing is given. */
  override async updateTagProperties(
    repository: string,
    tag: string,
    properties: ChangeableProperties,
    options: CallOptions = {},
  ): Promise<TagProperties> {
    const request = tagRequest(this.connection.remote(repository), parseTag(tag), "change");
    return askAcr(this.connection, request, options, changeableAttributes(properties));
  }

  /** Deletes one tag and nothing else; false where there was none. Requests and errors: as `deleteRepository`. */
  override async deleteTag(repository: string, tag: string, options: CallOptions = {}): Promise<boolean> {
    const remote = this.connection.remote(repository);
    const request = tagRequest(remote, parseTag(tag), "delete");
    return deleteAtAzure(remote, request, () => hasManifest(remote, tag, options), options);
  }

  async #digestOf(repository: string, tagOrDigest: string, options: CallOptions): Promise<Digest> {
    const reference = parseTagOrDigest(tagOrDigest);
    return isDigest(reference) ? reference : (await this.getTagProperties(repository, reference, options)).digest;
  }

  #list<T>(request: AcrList<T>, query: Readonly<Record<string, string>>, options: CallOptions): PagedList<T> {
    const { connection } = this;
    return pagedList((page) => pagesOf(listAcr(connection, request, query, { ...options, ...page }), request.keyOf));
  }
}
