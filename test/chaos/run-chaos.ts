import { Registry } from "@tranship/core";
import { serveFolder } from "../serve/folder-server.ts";
import { indexOf, type Sample, sampleImage, seed as seedSample } from "../support/sample-image.ts";
import { randomOf } from "./random.ts";
import { chaosRound, type RoundResult } from "./round.ts";
import { startTargets } from "./targets.ts";

const MIB = 1024 * 1024;

export interface ChaosOptions {
  readonly rounds: number;
  /** The same seed does the same to a machine of the same speed. */
  readonly seed: string;
  /** Of the biggest layer; the image has some 40 MiB more. */
  readonly bigLayer: number;
  readonly log: (line: string) => void;
}

/** A round, and what it was about. */
export interface ChaosRound extends RoundResult {
  readonly target: string;
}

/** Runs the rounds, one after the other, to each registry in turn. @throws {Error} the first thing that was wrong, with the round and the seed. */
export async function runChaos({ rounds, seed, bigLayer, log }: ChaosOptions): Promise<readonly ChaosRound[]> {
  const { targets, missing } = await startTargets();
  await using stack = new AsyncDisposableStack();
  for (const target of targets) stack.use(target);
  for (const name of missing) log(`${name} is not there: nothing is copied to it`);
  const results: ChaosRound[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const target = targets[(round - 1) % targets.length];
    if (target === undefined) break;
    const random = randomOf(`${seed} ${round}`);
    const image = `chaos/round-${round}`;
    await using source = await serveFolder();
    const sample = imageOf(`${seed} ${round}`, bigLayer);
    const host = new URL(source.url).host;
    await using registry = new Registry({ host, plainHttp: true });
    const { digest } = await seedSample(registry.repository(image), sample, "v1");
    const size = sample.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    try {
      const kills = random.between(1, 4);
      const breaks = random.between(0, 6);
      const result = await chaosRound({ random, source: host, image, digest, size, target, kills, breaks });
      results.push({ ...result, target: target.name });
      log(describeRound(round, target.name, result));
    } catch (cause) {
      throw new Error(`Round ${round} to ${target.name} (seed ${seed}): ${String(cause)}`, { cause });
    }
  }
  return results;
}

function describeRound(round: number, target: string, result: RoundResult): string {
  const { killed, broken, failed, overhead, unheard, forgotten, seen } = result;
  return `round ${round}: ${target}: ${killed} killed, ${broken} connections broken, ${failed} failed, ${overhead.toFixed(2)} × the bytes, tag seen ${seen} times, ${unheard} uploads whose Location was answered to nobody, ${forgotten} forgotten by the target`;
}

/** An index of two platforms with a layer that they share, over what is probed for and kept, and some of their own. */
function imageOf(seed: string, bigLayer: number): Sample {
  const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "linux", architecture }));
  const images = platforms.map((platform) => {
    const own = [3 * MIB, 17 * MIB].map((size, at) => ({
      seed: `${seed} ${platform.architecture} ${at}`,
      size,
      kind: "plain" as const,
    }));
    const shared = { seed: `${seed} shared`, size: bigLayer, kind: "plain" as const };
    return {
      platform,
      sample: sampleImage({ seed: `${seed} ${platform.architecture}`, layers: [shared, ...own], platform }),
    };
  });
  return indexOf(images, { seed });
}
