// Uploads an image (layer, config, manifest), reads and downloads it, deletes it; puts a manifest list of another image.
import "./shared/errors.ts";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { DOCKER_MANIFEST_LIST, digestOf, OCI_CONFIG, OCI_LAYER } from "@tranship/core";
import { connect } from "./shared/connect.ts";
import { neededImage } from "./shared/needed-image.ts";
import { print } from "./shared/print.ts";
import { refused } from "./shared/refused.ts";

const REPOSITORY = "sample-oci-image";
const LAYER = Buffer.alloc(9 * 1024 * 1024 + 5, "0123456789 tranship\n");
const CONFIG = Buffer.from('{"architecture":"arm64","os":"linux"}');

await using client = connect();
const hello = await neededImage(client, "library/hello-world", "v1");

// A stream of any size: its digest is computed on the way.
const layer = await client.uploadBlob(REPOSITORY, Readable.from([LAYER]));
const config = await client.uploadBlob(REPOSITORY, CONFIG);
const { digest } = await client.setManifest(REPOSITORY, {
  schemaVersion: 2,
  config: { mediaType: OCI_CONFIG, ...config },
  layers: [{ mediaType: OCI_LAYER, ...layer }],
});

const received = await client.getManifest(REPOSITORY, digest);
const properties = await client.getManifestProperties(REPOSITORY, digest);
const { architecture, operatingSystem, sizeInBytes, tags } = properties;

// As a stream that ends in a DigestMismatchError where the bytes are wrong, and as a file that is there only when it is right.
await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-example-"));
const path = join(folder.path, "layer.tar");
const configBytes = await buffer(await client.downloadBlob(REPOSITORY, config.digest));
await client.downloadBlobToFile(REPOSITORY, layer.digest, path);
const downloaded = [digestOf(configBytes), digestOf(await readFile(path))];

for (const blob of [config, layer]) await client.deleteBlob(REPOSITORY, blob.digest);
await client.deleteManifest(REPOSITORY, digest);
const missing = [
  await refused(client.downloadBlob(REPOSITORY, config.digest)),
  await refused(client.downloadBlob(REPOSITORY, layer.digest)),
  await refused(client.getManifest(REPOSITORY, digest)),
];

await client.setManifest(
  "library/hello-world",
  {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST_LIST,
    manifests: [
      {
        mediaType: hello.mediaType,
        digest: hello.digest,
        size: hello.size,
        platform: { architecture: "amd64", os: "linux" },
      },
    ],
  },
  { tag: "sample" },
);
const list = await client.getManifest("library/hello-world", "sample");

print({
  layer,
  config,
  manifest: { digest: received.digest, mediaType: received.mediaType },
  properties: { architecture, operatingSystem, sizeInBytes, tags },
  downloaded,
  missing,
  list: {
    digest: list.digest,
    mediaType: list.mediaType,
    entries: list.manifest.kind === "index" ? list.manifest.manifests.map((entry) => entry.digest) : [],
  },
});
