import { digestOf } from "@tranship/core";
import type { AcrFake } from "../acr-fake.ts";
import type { AcrFakeOptions } from "../acr-fake-options.ts";
import { HELLO, lockManifest, pushHello, V1, V2, V3 } from "../hello-world.ts";
import { pushBlob, pushImage, textImage } from "../push-image.ts";

/** One sample of Azure's client: a program of each client does what `does` says and prints the `expected` value as JSON. */
export interface Sample {
  /** The name of its program. */
  readonly name: string;
  readonly does: string;
  readonly options?: AcrFakeOptions;
  /** Fills the registry before it runs. */
  prepare(fake: AcrFake): Promise<void>;
  readonly expected: unknown;
}

const ALL = { canDelete: true, canWrite: true, canList: true, canRead: true };

const listRepositories: Sample = {
  name: "list-repositories",
  does: `lists the repositories; of ${HELLO} it lists the tags, unlocks their images and deletes the repository; lists again`,
  options: { pageSize: 2 },
  async prepare(fake) {
    await pushHello(fake);
    for (const name of ["alpine", "tools/build", "zebra", "library/hello-world/nested"]) {
      await pushImage(fake, name, V1, ["latest"]);
    }
    await lockManifest(fake, HELLO, V2.digest);
  },
  expected: {
    repositories: ["alpine", HELLO, `${HELLO}/nested`, "tools/build", "zebra"],
    tags: [
      { name: "latest", digest: V3.digest, ...ALL },
      { name: "v1", digest: V1.digest, ...ALL },
      { name: "v2", digest: V2.digest, ...ALL },
      { name: "v3", digest: V3.digest, ...ALL },
    ],
    properties: { name: HELLO, manifestCount: 3, tagCount: 4, ...ALL },
    refusedWhileLocked: 405,
    after: ["alpine", `${HELLO}/nested`, "tools/build", "zebra"],
    missing: 404,
  },
};

const anonymousTags: Sample = {
  name: "anonymous-tags",
  does: `without credentials: shows the image ${HELLO}:latest with its tags, reads its manifest, and may not delete`,
  prepare: pushHello,
  expected: {
    repository: HELLO,
    tags: ["latest", "v3"],
    digest: V3.digest,
    sizeInBytes: V3.blobs.reduce((sum, { length }) => sum + length, 0),
    architecture: "amd64",
    operatingSystem: "linux",
    mediaType: V3.mediaType,
    refused: 401,
  },
};

const setProperties: Sample = {
  name: "set-properties",
  does: `locks the image ${HELLO}:v1, the tag v2, then the repository; tries what that forbids; unlocks, and deletes the image`,
  prepare: pushHello,
  expected: {
    image: { ...ALL, canWrite: false, canDelete: false },
    overwrite: 405,
    deleteImage: 405,
    tag: { ...ALL, canDelete: false },
    deleteTag: 405,
    repository: { ...ALL, canWrite: false },
    upload: 405,
    unlocked: ALL,
    missing: 404,
    left: ["latest", "v2", "v3"],
  },
};

const images = Array.from({ length: 6 }, (_, index) => textImage(`image ${index}`));
const digests = images.map(({ digest }) => digest);

const keepNewest: Sample = {
  name: "keep-newest",
  does: "keeps the newest three images of every repository and deletes the rest, unlocking what is locked",
  options: { pageSize: 2 },
  async prepare(fake) {
    for (const [index, image] of images.entries()) await pushImage(fake, "app", image, [`build-${index}`]);
    // The oldest one becomes the newest.
    await pushImage(fake, "app", textImage("image 0"), ["latest"]);
    await pushImage(fake, "tools/build", V2);
    await pushImage(fake, "tools/build", V1, ["only"]);
    await lockManifest(fake, "app", textImage("image 2").digest);
  },
  expected: {
    app: {
      deleted: [digests[3], digests[2], digests[1]],
      kept: [
        { digest: digests[0], tags: ["build-0", "latest"] },
        { digest: digests[5], tags: ["build-5"] },
        { digest: digests[4], tags: ["build-4"] },
      ],
    },
    "tools/build": {
      deleted: [],
      kept: [
        { digest: V1.digest, tags: ["only"] },
        { digest: V2.digest, tags: [] },
      ],
    },
  },
};

/** More than two chunks of 4 MiB. */
const LAYER = Buffer.alloc(9 * 1024 * 1024 + 5, "0123456789 tranship\n");
const CONFIG = Buffer.from('{"architecture":"arm64","os":"linux"}');
const MANIFEST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digestOf(CONFIG),
      size: CONFIG.length,
    },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(LAYER), size: LAYER.length }],
  }),
);
const LIST_TYPE = "application/vnd.docker.distribution.manifest.list.v2+json";
const LIST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: LIST_TYPE,
    manifests: [
      {
        mediaType: V1.mediaType,
        digest: V1.digest,
        size: V1.manifest.length,
        platform: { architecture: "amd64", os: "linux" },
      },
    ],
  }),
);

const image: Sample = {
  name: "image",
  does: "uploads an image to sample-oci-image, reads and downloads it, deletes blobs and manifest; puts a manifest list",
  prepare: pushHello,
  expected: {
    layer: { digest: digestOf(LAYER), size: LAYER.length },
    config: { digest: digestOf(CONFIG), size: CONFIG.length },
    manifest: { digest: digestOf(MANIFEST), mediaType: V1.mediaType },
    properties: {
      architecture: "arm64",
      operatingSystem: "linux",
      sizeInBytes: LAYER.length + CONFIG.length,
      tags: [],
    },
    downloaded: [digestOf(CONFIG), digestOf(LAYER)],
    missing: [404, 404, 404],
    list: { digest: digestOf(LIST), mediaType: LIST_TYPE, entries: [V1.digest] },
  },
};

const [SPARE, KEPT] = [Buffer.from("a blob to be deleted"), Buffer.from("a blob to be kept")];

const deleteBlobs: Sample = {
  name: "delete-blobs",
  does: `deletes the config and the layers of ${HELLO}:latest and a blob of no image; twice; another blob stays`,
  async prepare(fake) {
    await pushHello(fake);
    for (const blob of [SPARE, KEPT]) await pushBlob(fake, HELLO, blob);
  },
  expected: {
    deleted: [...V3.blobs.map((blob) => digestOf(blob)), digestOf(SPARE)],
    downloads: [404, 404, 404],
    kept: KEPT.toString(),
  },
};

/** Every sample of the seed, in the order in which its README has them. */
export const SAMPLES: readonly Sample[] = [
  listRepositories,
  anonymousTags,
  setProperties,
  keepNewest,
  image,
  deleteBlobs,
];
