import { OCI_MANIFEST } from "@tranship/core";
import { contentOf, sampleImage } from "../../test/support/sample-image.ts";
import { type ScriptedRegistry, scriptedRegistry } from "../../test/support/scripted-registry.ts";
import type { Figure } from "./figure.ts";
import { MirrorHome } from "./mirror-home.ts";

const MIB = 1024 * 1024;
const REPOSITORY = "team/many";

/** Peak memory and requests of a repository of so many tags, one image each, between registries in memory. */
export async function manyTags(counts: readonly number[]): Promise<Figure> {
  const rows: (readonly (string | number)[])[] = [];
  for (const count of counts) {
    await using source = await scriptedRegistry();
    await using target = await scriptedRegistry();
    seed(source, count);
    const mirrors = [{ from: `${source.host}/${REPOSITORY}`, to: `${target.host}/${REPOSITORY}` }];
    await using home = await MirrorHome.create({ mirrors });
    const works = {
      "plan, fresh": () => home.run("plan"),
      "sync, fresh": () => home.run("sync"),
      "sync, nothing to do": () => home.run("sync"),
      "plan, nothing to do": () => home.run("plan"),
    };
    for (const [name, work] of Object.entries(works)) {
      const { peakBytes, cpuSeconds } = await work();
      rows.push([count, name, take(source), take(target), Math.round(peakBytes / MIB), cpuSeconds.toFixed(1)]);
    }
    target.manifests.clear();
    const { peakBytes, cpuSeconds } = await home.apply();
    rows.push([
      count,
      "plan and apply, fresh",
      take(source),
      take(target),
      Math.round(peakBytes / MIB),
      cpuSeconds.toFixed(1),
    ]);
  }
  return {
    name: "many-tags",
    title: "A repository of many tags, one image each",
    columns: ["tags", "work", "requests to source", "to target", "peak MiB", "CPU s"],
    rows,
  };
}

function seed({ blobs, manifests }: ScriptedRegistry, count: number): void {
  const image = sampleImage({ layers: 1, layerSize: 1024 });
  for (const { descriptor, bytes } of image.blobs) blobs.set(`${REPOSITORY}@${descriptor.digest}`, bytes);
  const document = JSON.parse(Buffer.from(image.root.bytes).toString()) as object;
  for (let at = 0; at < count; at += 1) {
    const annotations = { build: String(at) };
    const { descriptor, bytes } = contentOf(OCI_MANIFEST, Buffer.from(JSON.stringify({ ...document, annotations })));
    const stored = { mediaType: OCI_MANIFEST, bytes };
    manifests.set(`${REPOSITORY}@${descriptor.digest}`, stored).set(`${REPOSITORY}:v1.0.${at}`, stored);
  }
}

function take({ log }: ScriptedRegistry): number {
  return log.splice(0).length;
}
