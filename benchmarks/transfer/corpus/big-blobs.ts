import { createHash, randomBytes } from "node:crypto";
import { type Descriptor, type Digest, OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST, type Target } from "@tranship/core";
import { contentOf, openBytes } from "../../../test/support/sample-image.ts";
import { type Corpus, IMAGE_TAG } from "./corpus.ts";

const MIB = 1024 * 1024;
/** What gzip begins with: skopeo compresses what does not look compressed, and that would measure something else. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0]);

/** An image of layers of this size in bytes, which do not compress. */
export function bigBlobs(
  name: string,
  title: string,
  sizes: readonly number[],
  { atOnce }: Pick<Corpus, "atOnce"> = {},
): Corpus {
  return { name, title, scope: "image", atOnce, seed: (store) => seed(store, sizes) };
}

async function seed(store: Target, sizes: readonly number[]): Promise<ReadonlyMap<string, Digest>> {
  const layers: Descriptor[] = [];
  for (const size of sizes) layers.push(await pushBlob(store, size));
  const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
  const config = json(OCI_CONFIG, { architecture: "amd64", os: "linux", rootfs });
  await store.push(config.descriptor, openBytes(config.bytes));
  const manifest = json(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config: config.descriptor, layers });
  await store.push(manifest.descriptor, openBytes(manifest.bytes), { reference: IMAGE_TAG });
  return new Map([[IMAGE_TAG, manifest.descriptor.digest]]);
}

/** The same mebibyte over and over, after a head that is new each time. */
async function pushBlob(store: Target, size: number): Promise<Descriptor> {
  const block = randomBytes(MIB);
  GZIP_HEAD.copy(block);
  const hash = createHash("sha256");
  for (const piece of pieces(block, size, 0)) hash.update(piece);
  const descriptor: Descriptor = { mediaType: OCI_LAYER_GZIP, digest: `sha256:${hash.digest("hex")}`, size };
  await store.push(descriptor, async (offset) =>
    (async function* () {
      yield* pieces(block, size, offset);
    })(),
  );
  return descriptor;
}

function* pieces(block: Uint8Array, size: number, offset: number): Generator<Uint8Array, void, void> {
  for (let position = offset; position < size; ) {
    const from = position % block.length;
    const length = Math.min(block.length - from, size - position);
    yield block.subarray(from, from + length);
    position += length;
  }
}

function json(mediaType: string, document: unknown) {
  return contentOf(mediaType, Buffer.from(JSON.stringify(document)));
}
