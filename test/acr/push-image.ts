import { type Digest, digestOf, OCI_MANIFEST } from "@tranship/core";
import type { AcrFake } from "./acr-fake.ts";
import { acrRequest } from "./acr-request.ts";

/** An image as its bytes. */
export interface SampleImage {
  readonly mediaType: string;
  readonly manifest: Uint8Array;
  readonly digest: Digest;
  readonly blobs: readonly Uint8Array[];
}

/** Pushes an image as the admin user, under each of the tags, or under its digest where there are none. */
export async function pushImage(
  fake: AcrFake,
  repository: string,
  image: SampleImage,
  tags: readonly string[] = [],
): Promise<void> {
  for (const blob of image.blobs) await pushBlob(fake, repository, blob);
  for (const reference of tags.length === 0 ? [image.digest] : tags) {
    const reply = await acrRequest(fake, `/v2/${repository}/manifests/${reference}`, {
      method: "PUT",
      headers: { "content-type": image.mediaType },
      body: image.manifest,
    });
    if (reply.status !== 201) throw new Error(`Cannot push manifest "${reference}" (${reply.status}): ${reply.body}`);
  }
}

/** Pushes a blob in one request. */
export async function pushBlob(fake: AcrFake, repository: string, blob: Uint8Array): Promise<Digest> {
  const digest = digestOf(blob);
  const url = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
  const reply = await acrRequest(fake, url, { method: "POST", body: blob });
  if (reply.status !== 201) throw new Error(`Cannot push blob "${digest}" (${reply.status}): ${reply.body}`);
  return digest;
}

/** An image for a platform with one layer, which is the text. */
export function textImage(text: string, architecture = "amd64"): SampleImage {
  const config = Buffer.from(JSON.stringify({ architecture, os: "linux", comment: text }));
  const layer = Buffer.from(text);
  const descriptor = (mediaType: string, bytes: Uint8Array): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor("application/vnd.oci.image.config.v1+json", config),
      layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
    }),
  );
  return { mediaType: OCI_MANIFEST, manifest, digest: digestOf(manifest), blobs: [config, layer] };
}
