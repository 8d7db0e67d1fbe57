import type { Digest } from "../../digest/digest.ts";

/** What may be done with a repository, a manifest or a tag. Only Azure Container Registry says it; elsewhere each is undefined. */
export interface ChangeableProperties {
  readonly canDelete?: boolean | undefined;
  readonly canWrite?: boolean | undefined;
  readonly canList?: boolean | undefined;
  readonly canRead?: boolean | undefined;
}

/** By when they were last updated, newest or oldest first; off Azure's registry, which alone knows that, by when the image was built. Azure's names. */
export type PropertiesOrder = "LastUpdatedOnDescending" | "LastUpdatedOnAscending";

/** What is known of a repository. */
export interface RepositoryProperties extends ChangeableProperties {
  /** The registry's host. */
  readonly registryLoginServer: string;
  readonly name: string;
  /** Only Azure's registry says this, and the next two. */
  readonly createdOn?: Date | undefined;
  readonly lastUpdatedOn?: Date | undefined;
  readonly manifestCount?: number | undefined;
  readonly tagCount: number;
}

/** A manifest that an index lists. */
export interface RelatedArtifact {
  readonly digest: Digest;
  readonly architecture?: string | undefined;
  readonly operatingSystem?: string | undefined;
}

/** What is known of a manifest. */
export interface ManifestProperties extends ChangeableProperties {
  readonly registryLoginServer: string;
  readonly repositoryName: string;
  readonly digest: Digest;
  readonly mediaType?: string | undefined;
  readonly configMediaType?: string | undefined;
  /** Bytes: what Azure's registry says; elsewhere those of the config and the layers of an image, and undefined for an index. */
  readonly sizeInBytes?: number | undefined;
  /** When it was pushed to Azure's registry; elsewhere when the image was built, as its annotation or config says, for an index its first image's. */
  readonly createdOn?: Date | undefined;
  /** Only Azure's registry says this. */
  readonly lastUpdatedOn?: Date | undefined;
  readonly architecture?: string | undefined;
  readonly operatingSystem?: string | undefined;
  readonly tags: readonly string[];
  /** What an index lists. */
  readonly relatedArtifacts: readonly RelatedArtifact[];
}

/** What is known of a tag. */
export interface TagProperties extends ChangeableProperties {
  readonly registryLoginServer: string;
  readonly repositoryName: string;
  readonly name: string;
  readonly digest: Digest;
  /** When it was made in Azure's registry; elsewhere when its image was built, and in a list only of one with `orderBy`. */
  readonly createdOn?: Date | undefined;
  /** Only Azure's registry says this. */
  readonly lastUpdatedOn?: Date | undefined;
}
