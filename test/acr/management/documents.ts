import type { ManifestRecord, RepositoryRecord, TagRecord } from "../content/records.ts";
import { tagsOf } from "../content/records.ts";

/** A repository as `/acr/v1` shows it. */
export function repositoryDocument(registry: string, record: RepositoryRecord): object {
  return {
    registry,
    imageName: record.name,
    createdTime: record.createdTime,
    lastUpdateTime: record.lastUpdateTime,
    manifestCount: record.manifests.size,
    tagCount: record.tags.size,
    changeableAttributes: record.attributes,
  };
}

export function tagDocument({ name, digest, createdTime, lastUpdateTime, attributes }: TagRecord): object {
  return { name, digest, createdTime, lastUpdateTime, signed: false, changeableAttributes: attributes };
}

/** What doesn't apply is left out: the platform of an artifact, the tags of what has none, the references of what is no index. */
export function manifestDocument(repository: RepositoryRecord, manifest: ManifestRecord): object {
  const { digest, createdTime, lastUpdateTime, attributes, description } = manifest;
  const { mediaType, configMediaType, imageSize, architecture, os, references } = description;
  const tags = tagsOf(repository, digest).map(({ name }) => name);
  return {
    digest,
    imageSize,
    createdTime,
    lastUpdateTime,
    architecture,
    os,
    mediaType,
    configMediaType,
    ...(tags.length > 0 && { tags }),
    ...(references.length > 0 && { references }),
    changeableAttributes: attributes,
  };
}
