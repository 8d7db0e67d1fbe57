/** OCI. Spec: image-spec v1.1.1, "OCI Image Media Types". */
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
/** The manifest of an OCI image or artifact. */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
/** The config of an OCI image. */
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
/** A layer: a tar archive as it is. */
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
/** A layer with gzip. */
export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
/** A layer with zstd. */
export const OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
/** The two bytes `{}`: the config, or the only layer, of an artifact that needs none. */
export const OCI_EMPTY = "application/vnd.oci.empty.v1+json";

/** Docker. Spec: distribution 2.8, "Image Manifest Version 2, Schema 2". */
export const DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
/** The manifest of Docker's schema 2. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
/** The config of an image of schema 2. */
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
/** A layer of schema 2, with gzip. */
export const DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** Docker's schema 1: known so that it is refused by its name. */
export const DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json";
export const DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/** The artifact manifest that image-spec 1.1 dropped before its release, and that is still about. */
export const OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";

const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_MANIFEST_LIST]);
const IMAGES: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST, OCI_ARTIFACT_MANIFEST]);
const SCHEMA1: ReadonlySet<string> = new Set([DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, "application/json+prettyjws"]);
const FOREIGN_LAYERS: ReadonlySet<string> = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.docker.image.rootfs.foreign.diff.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
]);

/**
 * The Accept header of a manifest request. What is refused is asked for too, last: left out, a registry answers 404, or converts, and nobody learns why.
 */
export const MANIFEST_ACCEPT: string = [...INDEXES, ...IMAGES, DOCKER_SCHEMA1_SIGNED, DOCKER_SCHEMA1].join(", ");

/** Whether content of this type is an image or an index: what has children, and is pushed as a manifest and not as a blob. */
export function isManifestMediaType(mediaType: string): boolean {
  return isImageMediaType(mediaType) || isIndexMediaType(mediaType);
}

/** OCI index or Docker manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** OCI image manifest, Docker schema 2, or the dropped artifact manifest. */
export function isImageMediaType(mediaType: string): boolean {
  return IMAGES.has(mediaType);
}

/** Docker's schema 1, signed or not: removed from every current registry, never copied. */
export function isSchema1MediaType(mediaType: string): boolean {
  return SCHEMA1.has(mediaType);
}

/** A layer that its licence keeps with its owner. It is foreign only together with `urls`: see `isForeign`. */
export function isForeignLayerMediaType(mediaType: string): boolean {
  return FOREIGN_LAYERS.has(mediaType);
}
