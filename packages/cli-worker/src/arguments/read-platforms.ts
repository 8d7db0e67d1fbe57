import type { CopyOptions } from "@tranship/copy";
import { type Platform, parsePlatform } from "@tranship/core";
import { readingInput, UsageError } from "../errors/usage-error.ts";

/** What is said of platforms on the command line. */
export interface PlatformFlags {
  readonly platform?: readonly string[] | undefined;
  readonly skipMissingPlatforms?: boolean | undefined;
  readonly sparse?: boolean | undefined;
}

/** A choice of platforms, as copies take it. @throws {UsageError} for a platform that is none, and for what is about platforms without any. */
export async function readPlatforms({
  platform = [],
  skipMissingPlatforms = false,
  sparse = false,
}: PlatformFlags): Promise<ChosenPlatforms> {
  const platforms = await readingInput(() => platform.map(parsePlatform));
  const alone = sparse ? "--sparse" : skipMissingPlatforms ? "--skip-missing-platforms" : undefined;
  if (alone !== undefined && platforms.length === 0)
    throw new UsageError(`${alone} is for platforms, and none are chosen: add --platform, or leave it out`);
  return { platforms, missingPlatforms: skipMissingPlatforms ? "skip" : "fail", sparse };
}

/** Of `CopyOptions` what is about platforms. */
export type ChosenPlatforms = Required<Pick<CopyOptions, "platforms" | "missingPlatforms" | "sparse">> & {
  readonly platforms: readonly Platform[];
};
