import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout } from "@tranship/core";
import { ROOT_FILESYSTEM, rootFilesystemLayout } from "../support/root-filesystem.ts";
import { indexOf, sampleImage, seed } from "../support/sample-image.ts";

/** Over every limit of the faulty registries, the largest of which is 20 MB. */
const BIG_LAYER = 24 * 1024 * 1024;

/** The image that is copied through every faulty registry. */
export interface OriginalImage extends AsyncDisposable {
  /** An OCI layout. */
  readonly dir: string;
  /** An index; everything that it refers to is in the layout. */
  readonly tag: string;
}

/** Two platforms that share a small layer. Each has a layer of its own: one over every limit, one of 2 MiB. */
export async function sampleOriginal(): Promise<OriginalImage> {
  const dir = await mkdtemp(join(tmpdir(), "tranship-original-"));
  const shared = { seed: "shared" };
  const image = sampleImage({ seed: "amd64", layers: [shared, { seed: "big", size: BIG_LAYER }] });
  const other = sampleImage({ seed: "arm64", layers: [shared, { seed: "middle", size: 2 * 1024 * 1024 }] });
  const index = indexOf([
    { sample: image, platform: { os: "linux", architecture: "amd64" } },
    { sample: other, platform: { os: "linux", architecture: "arm64" } },
  ]);
  await seed(await openLayout(dir, { create: true }), index, "multi");
  return { dir, tag: "multi", [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

/** A Debian root file system, about 100 MB. It is kept for the next run. */
export async function debianOriginal(debootstrap: string): Promise<OriginalImage> {
  const dir = await rootFilesystemLayout(debootstrap);
  return { dir, tag: ROOT_FILESYSTEM.index, [Symbol.asyncDispose]: async () => {} };
}
