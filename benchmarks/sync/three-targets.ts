import { Registry } from "@tranship/core";
import { sampleImage } from "../../test/support/sample-image.ts";
import { seedRepository } from "../../test/support/seed-repository.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { startRegistries } from "../registries.ts";
import { startCountingProxy } from "../transfer/proxy/counting-proxy.ts";
import type { Figure } from "./figure.ts";
import { mirrorTools } from "./mirror-tools.ts";

const MIB = 1024 * 1024;
const IMAGES = 4;
const LAYERS = 3;
const LAYER_BYTES = 2 * MIB;

/** Bytes and requests at the source for a repository that goes to three empty registries. */
export async function threeTargets(): Promise<Figure> {
  const images = new Map(
    Array.from({ length: IMAGES }, (_, at) => {
      const sample = sampleImage({ seed: `image ${at}`, layers: LAYERS, layerSize: LAYER_BYTES });
      return [`v${at}`, sample] as const;
    }),
  );
  const rows: (readonly (string | number)[])[] = [];
  let kind = "";
  for (const tool of mirrorTools()) {
    await using registries = await startRegistries();
    await using others = await startRegistries();
    kind = registries.kind;
    await using source = new Registry({ host: registries.source, plainHttp: true });
    await seedRepository(source.repository("team/app"), images);
    await using from = await startCountingProxy({ upstream: registries.source, addedMs: 0 });
    await using home = await temporaryFolder("tranship-bench-home-");
    const targets = [registries.target, others.source, others.target];
    await tool.run({ source: from.host, targets, repositories: ["team/app"], home: home.path });
    const { received, total, requests } = from.take();
    rows.push([tool.name, (received / MIB).toFixed(1), requests["GET blob"] ?? 0, total]);
  }
  return {
    name: "three-targets",
    title: `${IMAGES} images, ${(IMAGES * LAYERS * LAYER_BYTES) / MIB} MiB in ${IMAGES * (LAYERS + 1)} blobs, to three registries; ${kind}`,
    columns: ["", "MiB fetched", "blobs fetched", "requests to source"],
    rows,
  };
}
