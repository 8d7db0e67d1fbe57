import type { Platform } from "@tranship/core";
import { indexOf, type Sample, sampleImage } from "./sample-image.ts";

const BASE_BYTES = 4096;
const LINE_BYTES = 512;

export interface ReleaseOptions {
  /** What it is a release of: all of them share the base layers. */
  readonly of: string;
  readonly version: string;
  /** One makes an image, several an index. */
  readonly platforms: readonly Platform[];
}

/** A release as builds make them: for each platform a base layer that all releases have, one that those of its line share (1.2 of 1.2.3), and a config of its own. */
export function releaseImage({ of, version, platforms }: ReleaseOptions): Sample {
  const line = version.slice(0, Math.max(0, version.lastIndexOf(".")));
  const images = platforms.map((platform) => {
    const name = `${of} ${platform.os}/${platform.architecture}`;
    const layers = [
      { seed: `${name} base`, size: BASE_BYTES },
      { seed: `${name} ${line}`, size: LINE_BYTES },
    ];
    return { platform, sample: sampleImage({ seed: `${name} ${version}`, layers, platform }) };
  });
  const [only] = images;
  return images.length === 1 && only !== undefined ? only.sample : indexOf(images, { seed: `${of} ${version}` });
}
