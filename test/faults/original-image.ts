import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout } from "@tranship/core";
import { findPeer } from "../peers/find-peer.ts";
import { ROOT_FILESYSTEM, rootFilesystemLayout, rootFilesystemObstacle } from "../support/root-filesystem.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";

/** The image that every fault is met with. */
export interface OriginalImage extends AsyncDisposable {
  /** An OCI layout. */
  readonly dir: string;
  /** An index; all that it holds is in the layout. */
  readonly tag: string;
  readonly what: string;
}

/** A Debian root file system where one can be made (about 100 MB); else a sample of the same shape. */
export async function originalImage(): Promise<OriginalImage> {
  const debootstrap = findPeer("debootstrap");
  const obstacle = debootstrap === undefined ? "no debootstrap" : rootFilesystemObstacle();
  if (debootstrap !== undefined && obstacle === undefined) {
    const dir = await rootFilesystemLayout(debootstrap);
    return {
      dir,
      tag: ROOT_FILESYSTEM.index,
      what: "a Debian root file system",
      [Symbol.asyncDispose]: async () => {},
    };
  }
  console.warn(`Faults are met with a sample image, not with a Debian root file system (${obstacle})`);
  const dir = await mkdtemp(join(tmpdir(), "tranship-original-"));
  const sample = sampleIndex({ layerSize: 24 * 1024 * 1024 });
  await seed(await openLayout(dir, { create: true }), sample, "multi");
  return {
    dir,
    tag: "multi",
    what: "a sample image",
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
