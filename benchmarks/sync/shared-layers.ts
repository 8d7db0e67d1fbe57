import { Registry } from "@tranship/core";
import { type Sample, sampleImage } from "../../test/support/sample-image.ts";
import { seedRepository } from "../../test/support/seed-repository.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { startRegistries } from "../registries.ts";
import { startCountingProxy } from "../transfer/proxy/counting-proxy.ts";
import type { Figure } from "./figure.ts";
import { mirrorTools } from "./mirror-tools.ts";

const MIB = 1024 * 1024;
const IMAGES = 10;
const SHARED = Array.from({ length: 4 }, (_, at) => ({ seed: `shared ${at}`, size: 2 * MIB }));
const OWN_BYTES = 256 * 1024;

/** Bytes and requests for ten images in ten repositories that share four of their five layers, into an empty registry. */
export async function sharedLayers(): Promise<Figure> {
  const images = new Map(Array.from({ length: IMAGES }, (_, at) => [`team/app${at}`, image(at)] as const));
  const rows: (readonly (string | number)[])[] = [];
  let kind = "";
  for (const tool of mirrorTools()) {
    await using registries = await startRegistries();
    kind = registries.kind;
    await using source = new Registry({ host: registries.source, plainHttp: true });
    for (const [name, sample] of images) await seedRepository(source.repository(name), new Map([["v1", sample]]));
    await using from = await startCountingProxy({ upstream: registries.source, addedMs: 0 });
    await using to = await startCountingProxy({ upstream: registries.target, addedMs: 0 });
    await using home = await temporaryFolder("tranship-bench-home-");
    await tool.run({ source: from.host, targets: [to.host], repositories: [...images.keys()], home: home.path });
    const [read, written] = [from.take(), to.take()];
    const bytes = [read.received, written.sent].map((size) => (size / MIB).toFixed(1));
    rows.push([tool.name, ...bytes, written.mounted, read.requests["GET blob"] ?? 0, read.total, written.total]);
  }
  const distinct = SHARED.length * 2 + (IMAGES * OWN_BYTES) / MIB;
  return {
    name: "shared-layers",
    title: `${IMAGES} images in ${IMAGES} repositories, ${distinct} MiB of layers that differ, ${SHARED.length * 2 * IMAGES + (IMAGES * OWN_BYTES) / MIB} MiB in all; ${kind}`,
    columns: ["", "MiB fetched", "MiB sent", "mounted", "blobs fetched", "requests to source", "requests to target"],
    rows,
  };
}

function image(at: number): Sample {
  return sampleImage({ seed: `app ${at}`, layers: [...SHARED, { seed: `own ${at}`, size: OWN_BYTES }] });
}
