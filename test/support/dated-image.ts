import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "@tranship/core";
import { contentOf, type Sample } from "./sample-image.ts";

/** An image whose config says when it was built; undefined: says nothing of it. */
export function datedImage(name: string, created: string | undefined): Sample {
  const config = contentOf(
    OCI_CONFIG,
    Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", created, config: { Labels: { name } } })),
  );
  const layer = contentOf(OCI_LAYER, Buffer.from(name));
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: config.descriptor,
    layers: [layer.descriptor],
  };
  const root = contentOf(OCI_MANIFEST, Buffer.from(JSON.stringify(document)));
  return { root, manifests: [root], blobs: [config, layer] };
}
