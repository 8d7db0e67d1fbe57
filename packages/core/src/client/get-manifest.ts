import type { Manifest } from "../content/manifest.ts";
import { parseManifest } from "../content/parse-manifest.ts";
import type { Digest } from "../digest/digest.ts";
import { openManifest } from "../registry/manifests/open-manifest.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";

/** A manifest as it was read: `digest` is that of `bytes`. */
export interface RetrievedManifest {
  /** What the bytes mean. */
  readonly manifest: Manifest;
  /** The document itself; to put it elsewhere unchanged, put these. */
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
}

/** Reads and parses the manifest of a tag or digest. Requests, memory and errors: those of `openManifest`. */
export async function getManifest(
  repository: RemoteRepository,
  reference: string,
  options?: CallOptions,
): Promise<RetrievedManifest> {
  const { descriptor, bytes } = await openManifest(repository, reference, options);
  const { mediaType, digest, size } = descriptor;
  return { manifest: parseManifest(bytes, mediaType), bytes, digest, mediaType, size };
}
