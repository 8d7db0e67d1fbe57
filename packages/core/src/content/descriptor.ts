import type { Digest } from "./digest.ts";

/** The platform of an image. Spec: image-spec v1.1.1, "Image Index". */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
}

/**
 * What names a piece of content: media type, digest, size in bytes.
 * Spec: image-spec v1.1.1, "OCI Content Descriptors".
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Where else a foreign layer can be had; such a layer is never copied. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself, base64, for small content. */
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}
