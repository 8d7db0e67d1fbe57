import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { connect, connectContent, HELLO, print, refused } from "./connect.ts";

const REPOSITORY = "sample-oci-image";
const LIST_TYPE = "application/vnd.docker.distribution.manifest.list.v2+json";
const LAYER = Buffer.alloc(9 * 1024 * 1024 + 5, "0123456789 tranship\n");
const CONFIG = Buffer.from('{"architecture":"arm64","os":"linux"}');

const client = connect();
const content = connectContent(REPOSITORY);
const layer = await content.uploadBlob(Readable.from([LAYER]));
const config = await content.uploadBlob(CONFIG);
const { digest } = await content.setManifest({
  schemaVersion: 2,
  config: {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: config.digest,
    size: config.sizeInBytes,
  },
  layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.sizeInBytes }],
});
const received = await content.getManifest(digest);
const { architecture, operatingSystem, sizeInBytes, tags } = await client
  .getArtifact(REPOSITORY, digest)
  .getManifestProperties();

const blobs = [config.digest, layer.digest];
const downloaded: string[] = [];
for (const blob of blobs) {
  const hash = createHash("sha256");
  for await (const chunk of (await content.downloadBlob(blob)).content) hash.update(chunk);
  downloaded.push(`sha256:${hash.digest("hex")}`);
}
for (const blob of blobs) await content.deleteBlob(blob);
await content.deleteManifest(digest);
const missing = [
  await refused(content.downloadBlob(config.digest)),
  await refused(content.downloadBlob(layer.digest)),
  await refused(content.getManifest(digest)),
];

const hello = connectContent(HELLO);
const v1 = await hello.getManifest("v1");
const list = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: LIST_TYPE,
    manifests: [
      {
        mediaType: v1.mediaType,
        digest: v1.digest,
        size: v1.content.length,
        platform: { architecture: "amd64", os: "linux" },
      },
    ],
  }),
);
await hello.setManifest(list, { tag: "sample", mediaType: LIST_TYPE });
const sample = await hello.getManifest("sample");
const { manifests }: { manifests: { digest: string }[] } = JSON.parse(sample.content.toString());

print({
  layer: { digest: layer.digest, size: layer.sizeInBytes },
  config: { digest: config.digest, size: config.sizeInBytes },
  manifest: { digest: received.digest, mediaType: received.mediaType },
  properties: { architecture, operatingSystem, sizeInBytes, tags },
  downloaded,
  missing,
  list: { digest: sample.digest, mediaType: sample.mediaType, entries: manifests.map((entry) => entry.digest) },
});
