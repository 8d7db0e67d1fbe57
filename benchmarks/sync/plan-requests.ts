import { type Sample, sampleIndex } from "../../test/support/sample-image.ts";
import { type ScriptedRegistry, scriptedRegistry } from "../../test/support/scripted-registry.ts";
import type { Figure } from "./figure.ts";
import { MirrorHome } from "./mirror-home.ts";

const REPOSITORY = "team/app";
const PLATFORMS = ["amd64", "arm64", "s390x"].map((architecture) => ({ os: "linux", architecture }));

/** Requests of `tranship plan` for so many tags of three platforms, by how far it reads, and where nothing has changed. */
export async function planRequests(tags: number): Promise<Figure> {
  await using source = await scriptedRegistry();
  await using target = await scriptedRegistry();
  for (let at = 0; at < tags; at += 1) {
    hold(source, `1.0.${at}`, sampleIndex({ seed: `v${at}`, platforms: PLATFORMS, layerSize: 256 }));
  }
  const mirrors = [{ from: `${source.host}/${REPOSITORY}`, to: `${target.host}/${REPOSITORY}` }];
  await using home = await MirrorHome.create({ mirrors });
  const rows: (readonly (string | number)[])[] = [];
  const plan = async (title: string, ...args: readonly string[]): Promise<void> => {
    await home.run("plan", ...args);
    const [read, written] = [source.log.splice(0), target.log.splice(0)];
    const manifests = read.filter((line) => line.startsWith("GET") && line.includes("/manifests/")).length;
    rows.push([title, read.length, manifests, written.length]);
  };
  await plan("into nothing");
  await plan("into nothing, --depth tags", "--depth", "tags");
  for (const [name, stored] of source.manifests) target.manifests.set(name, stored);
  await plan("nothing has changed");
  return {
    name: "plan",
    title: `tranship plan of ${tags} tags, each an index of three images`,
    columns: ["", "requests to source", "of them manifests read", "requests to target"],
    rows,
  };
}

function hold({ blobs, manifests }: ScriptedRegistry, tag: string, sample: Sample): void {
  for (const { descriptor, bytes } of sample.blobs) blobs.set(`${REPOSITORY}@${descriptor.digest}`, bytes);
  for (const { descriptor, bytes } of sample.manifests) {
    const stored = { mediaType: descriptor.mediaType, bytes };
    manifests.set(`${REPOSITORY}@${descriptor.digest}`, stored);
    if (descriptor === sample.root.descriptor) manifests.set(`${REPOSITORY}:${tag}`, stored);
  }
}
