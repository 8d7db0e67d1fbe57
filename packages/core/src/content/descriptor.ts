import type { Digest } from "../digest/digest.ts";

/** The platform of an image. Spec: image-spec v1.1.1, "Image Index". */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
}

/**
 * The size of a descriptor that does not state one, which the spec forbids and old tools wrote:
 * whoever reads the content learns it, see `Source.sizeOf`.
 */
export const UNKNOWN_SIZE = -1;

/** Whether content of this many bytes can be what the descriptor names. */
export function hasSize({ size }: Pick<Descriptor, "size">, bytes: number | undefined): boolean {
  return size === bytes || (size === UNKNOWN_SIZE && bytes !== undefined);
}

/**
 * What names a piece of content: media type, digest, size in bytes.
 * Spec: image-spec v1.1.1, "OCI Content Descriptors".
 */
export interface Descriptor {
  /** Empty where a document from outside states none. */
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes; `UNKNOWN_SIZE` where a document from outside states none. */
  readonly size: number;
  /** Where else a foreign layer can be had; such a layer is never copied. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself, base64, for small content. */
  readonly data?: string;
  readonly platform?: Platform;
  readonly artifactType?: string;
}
