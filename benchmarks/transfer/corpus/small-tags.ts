import type { Digest, Platform } from "@tranship/core";
import { sampleIndex, seed as seedSample } from "../../../test/support/sample-image.ts";
import type { Corpus } from "./corpus.ts";

const PLATFORMS: readonly Platform[] = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
  { os: "linux", architecture: "s390x" },
];
const SEEDED_AT_ONCE = 8;
const LAYER_BYTES = 2048;

/** A repository whose tags are indexes of three images, each of a config and three small layers, none shared: 16 things a tag. */
export function smallTags(count: number): Corpus {
  return {
    name: "tags",
    title: `${count} tags × 3 platforms × 3 layers of 2 KiB and a config`,
    scope: "repository",
    async seed(store) {
      const digests = new Map<string, Digest>();
      const tags = Array.from({ length: count }, (_, at) => `v1.${at}`).values();
      const worker = async (): Promise<void> => {
        for (const tag of tags) {
          const options = { seed: tag, platforms: PLATFORMS, sharedLayers: 0, ownLayers: 3, layerSize: LAYER_BYTES };
          digests.set(tag, (await seedSample(store, sampleIndex(options), tag)).digest);
        }
      };
      await Promise.all(Array.from({ length: SEEDED_AT_ONCE }, worker));
      return digests;
    },
  };
}
