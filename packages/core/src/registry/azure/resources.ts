import { parseRepositoryName } from "../../content/repository-name.ts";
import { parseTag } from "../../content/tag.ts";
import type { Digest } from "../../digest/digest.ts";
import type { Scope } from "../../http/request.ts";
import { deleteScope, labelOf, type RemoteRegistry, type RemoteRepository } from "../remote-repository.ts";
import type { AcrList, AcrRequest } from "./acr-request.ts";
import {
  parseManifestAnswer,
  parseManifestList,
  parseRepositoryNames,
  parseRepositoryProperties,
  parseTagAnswer,
  parseTagList,
} from "./parse-properties.ts";
import type { ManifestProperties, RepositoryProperties, TagProperties } from "./properties.ts";

/** What is done with a resource: ACR wants another scope for each. */
type Verb = "read" | "change" | "delete";

/** `/acr/v1/_catalog` */
export function catalogRequest({ client }: RemoteRegistry): AcrList<string> {
  return {
    keyOf: (name) => name,
    checkKey: parseRepositoryName,
    path: "/acr/v1/_catalog",
    kind: "catalog",
    scope: "registry:catalog:*",
    action: `Cannot list the repositories of "${client.host}"`,
    parse: parseRepositoryNames,
    unknown: "NAME_UNKNOWN",
  };
}

/** `/acr/v1/NAME` */
export function repositoryRequest(repository: RemoteRepository, verb: Verb): AcrRequest<RepositoryProperties> {
  const label = `"${labelOf(repository)}"`;
  return {
    path: pathIn(repository),
    kind: "catalog",
    scope: scopeFor(repository, verb),
    action: verb === "delete" ? `Cannot delete repository ${label}` : `Cannot ${verb} the properties of ${label}`,
    parse: parseRepositoryProperties,
    unknown: "NAME_UNKNOWN",
  };
}

/** `/acr/v1/NAME/_tags` */
export function tagsRequest(repository: RemoteRepository): AcrList<TagProperties> {
  return {
    keyOf: ({ name }) => name,
    checkKey: parseTag,
    path: pathIn(repository, "/_tags"),
    kind: "tags",
    scope: scopeFor(repository, "read"),
    action: `Cannot list the tags of "${labelOf(repository)}"`,
    parse: parseTagList,
    unknown: "NAME_UNKNOWN",
  };
}

/** `/acr/v1/NAME/_tags/TAG` */
export function tagRequest(repository: RemoteRepository, tag: string, verb: Verb): AcrRequest<TagProperties> {
  const label = `tag "${tag}" of "${labelOf(repository)}"`;
  return {
    path: pathIn(repository, `/_tags/${tag}`),
    kind: "tags",
    scope: scopeFor(repository, verb),
    action: verb === "delete" ? `Cannot delete ${label}` : `Cannot ${verb} the properties of ${label}`,
    parse: parseTagAnswer,
    unknown: "MANIFEST_UNKNOWN",
  };
}

/** `/acr/v1/NAME/_manifests` */
export function manifestsRequest(repository: RemoteRepository): AcrList<ManifestProperties> {
  return {
    keyOf: ({ digest }) => digest,
    path: pathIn(repository, "/_manifests"),
    kind: "manifest",
    scope: scopeFor(repository, "read"),
    action: `Cannot list the manifests of "${labelOf(repository)}"`,
    parse: parseManifestList,
    unknown: "NAME_UNKNOWN",
  };
}

/** `/acr/v1/NAME/_manifests/DIGEST` */
export function manifestRequest(
  repository: RemoteRepository,
  digest: Digest,
  verb: Exclude<Verb, "delete">,
): AcrRequest<ManifestProperties> {
  return {
    path: pathIn(repository, `/_manifests/${digest}`),
    kind: "manifest",
    scope: scopeFor(repository, verb),
    action: `Cannot ${verb} the properties of manifest "${digest}" of "${labelOf(repository)}"`,
    parse: parseManifestAnswer,
    unknown: "MANIFEST_UNKNOWN",
  };
}

function pathIn({ name }: RemoteRepository, rest = ""): string {
  return `/acr/v1/${name}${rest}`;
}

function scopeFor(repository: RemoteRepository, verb: Verb): Scope {
  if (verb === "delete") return deleteScope(repository.name);
  return `repository:${repository.name}:${verb === "read" ? "metadata_read" : "metadata_write"}`;
}
