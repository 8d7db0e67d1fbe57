import { randomBytes } from "node:crypto";
import { type Digest, digestOf } from "@tranship/core";
import { pushBlob, type Reply, send } from "./client.ts";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const EMPTY = Buffer.from("{}");

/** Bytes that no other test has. */
export function someBytes(size: number): { readonly bytes: Buffer; readonly digest: Digest } {
  const bytes = randomBytes(size);
  return { bytes, digest: digestOf(bytes) };
}

export interface ArtifactOptions {
  readonly artifactType?: string;
  readonly subject?: { readonly digest: Digest; readonly size: number };
  readonly note?: string;
}

/** A manifest without layers, whose config is `{}`. */
export function artifact({ artifactType = "test/plain", subject, note = "" }: ArtifactOptions = {}): {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly size: number;
} {
  const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(EMPTY), size: EMPTY.length };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config,
      layers: [config],
      ...(subject && { subject: { mediaType: OCI_MANIFEST, ...subject } }),
      annotations: { note },
    }),
  );
  return { bytes, digest: digestOf(bytes), size: bytes.length };
}

/** Pushes the only blob that `artifact` needs. */
export async function pushEmptyBlob(registry: string, repository: string): Promise<void> {
  await pushBlob(registry, repository, digestOf(EMPTY), EMPTY);
}

/** PUTs a manifest. */
export function putManifest(
  registry: string,
  repository: string,
  reference: string,
  bytes: Uint8Array,
  contentType: string = OCI_MANIFEST,
): Promise<Reply> {
  const headers = { "content-type": contentType };
  return send(`${registry}/v2/${repository}/manifests/${reference}`, { method: "PUT", headers, body: bytes });
}
