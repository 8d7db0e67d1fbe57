import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, type LayoutStore, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, openLayout } from "@tranship/core";
import { runPeer } from "../peers/run-peer.ts";
import { type PackedLayer, packLayer } from "./pack-layer.ts";
import { contentOf, openBytes, sampleImage, seed } from "./sample-image.ts";

const SUITE = "bookworm";
/** What apt downloaded is a layer of its own: half of the bytes, and they do not compress. */
const SECOND_LAYER = ["./var/cache/apt/archives", "./var/lib/apt/lists"];

/** The tags of the layout. */
export const ROOT_FILESYSTEM = { image: "debian", index: "multi" } as const;

/** Why a root file system cannot be made here; undefined where it can. */
export function rootFilesystemObstacle(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "debootstrap has to be run as root";
}

/**
 * An OCI layout with a Debian root file system: `debian` is an image of two layers, `multi` an index of it and of a small image for
 * another platform. About 100 MB; made in about a minute by debootstrap, and kept in the temporary folder for the next run.
 */
export async function rootFilesystemLayout(debootstrap: string): Promise<string> {
  const kept = join(tmpdir(), `tranship-${SUITE}-layout`);
  if (await isLayout(kept)) return kept;
  const folder = await mkdtemp(join(tmpdir(), `tranship-${SUITE}-`));
  try {
    const root = join(folder, "root");
    await runPeer(debootstrap, ["--variant=minbase", SUITE, root, await debianMirror()]);
    await buildLayout(join(folder, "layout"), root, folder);
    // Another process may have been faster, and then its layout stays.
    await rename(join(folder, "layout"), kept).catch(async (error: unknown) => {
      if (!(await isLayout(kept))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return kept;
}

async function isLayout(dir: string): Promise<boolean> {
  try {
    const layout = await openLayout(dir);
    await layout.resolve(ROOT_FILESYSTEM.index);
    return true;
  } catch {
    return false;
  }
}

/** Where apt itself downloads from, so that whatever makes apt work here makes debootstrap work. */
async function debianMirror(): Promise<string> {
  const format = ["--format", "$(REPO_URI)", "Created-By: Packages", `Codename: ${SUITE}`];
  const sources = await runPeer("apt-get", ["indextargets", ...format]).catch(() => "");
  return sources.toString().split("\n")[0] || "http://deb.debian.org/debian";
}

async function buildLayout(dir: string, root: string, folder: string): Promise<void> {
  const layout = await openLayout(dir, { create: true });
  const excluded = SECOND_LAYER.map((path) => `--exclude=${path}`);
  const layers = [
    await packLayer([...excluded, "-C", root, "."], join(folder, "base.tar.gz")),
    await packLayer(["-C", root, ...SECOND_LAYER], join(folder, "apt.tar.gz")),
  ];
  for (const layer of layers) await layout.push(layer.descriptor, layer.open);
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const debian = await pushImage(layout, layers, architecture);
  const other = architecture === "amd64" ? "arm64" : "amd64";
  const small = await seed(layout, sampleImage({ platform: { os: "linux", architecture: other } }));
  const manifests = [
    { ...debian, platform: { os: "linux", architecture } },
    { ...small, platform: { os: "linux", architecture: other } },
  ];
  await pushJson(layout, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX, ROOT_FILESYSTEM.index);
}

async function pushImage(
  layout: LayoutStore,
  layers: readonly PackedLayer[],
  architecture: string,
): Promise<Descriptor> {
  const rootfs = { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) };
  const history = layers.map(() => ({ created_by: "debootstrap" }));
  const image = { architecture, os: "linux", config: { Cmd: ["/bin/bash"] }, rootfs, history };
  const config = await pushJson(layout, image, OCI_CONFIG);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  return pushJson(layout, manifest, OCI_MANIFEST, ROOT_FILESYSTEM.image);
}

async function pushJson(
  layout: LayoutStore,
  document: object,
  mediaType: string,
  reference?: string,
): Promise<Descriptor> {
  const { descriptor, bytes } = contentOf(mediaType, Buffer.from(JSON.stringify(document)));
  await layout.push(descriptor, openBytes(bytes), { reference });
  return descriptor;
}
