import type { Descriptor } from "./descriptor.ts";

/**
 * An image or an artifact: OCI image manifest, Docker v2 schema 2. Spec: image-spec v1.1.1, "Image Manifest".
 * Also the artifact manifest that image-spec dropped before 1.1.0, which has no config.
 */
export interface ImageManifest {
  readonly kind: "image";
  readonly mediaType: string;
  readonly artifactType?: string;
  /** Absent in a dropped artifact manifest, and where a document lacks it. */
  readonly config?: Descriptor;
  /** Of a dropped artifact manifest its `blobs`. */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What in the document is not as the spec says, and was passed over. Absent: nothing. */
  readonly oddities?: readonly string[];
}

/** A list of manifests, of platforms or of anything: OCI image index, Docker manifest list. Spec: image-spec v1.1.1, "Image Index". */
export interface IndexManifest {
  readonly kind: "index";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What in the document is not as the spec says, and was passed over. Absent: nothing. */
  readonly oddities?: readonly string[];
}

/** What a digest or a tag stands for: `kind` says which of the two. */
export type Manifest = ImageManifest | IndexManifest;

/** The longest manifest that is read or sent, in bytes. Spec: distribution-spec v1.1.1, "Pushing Manifests". */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;
