import type { Descriptor } from "./descriptor.ts";

/** An image or an artifact: OCI image manifest, Docker v2 schema 2. Spec: image-spec v1.1.1, "Image Manifest". */
export interface ImageManifest {
  readonly kind: "image";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A list of manifests, of platforms or of anything: OCI image index, Docker manifest list. Spec: image-spec v1.1.1, "Image Index". */
export interface IndexManifest {
  readonly kind: "index";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a digest or a tag stands for: `kind` says which of the two. */
export type Manifest = ImageManifest | IndexManifest;

/** The longest manifest that is read or sent, in bytes. Spec: distribution-spec v1.1.1, "Pushing Manifests". */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;
