import { type Platform, parsePlatform } from "@tranship/core";
import { readingInput, UsageError } from "./usage-error.ts";

/** The platforms of `--platform`. @throws {UsageError} for one that is none, and for `--sparse` without any. */
export async function readPlatforms(
  texts: readonly string[] = [],
  { sparse }: { readonly sparse?: boolean | undefined },
): Promise<readonly Platform[]> {
  const platforms = await readingInput(() => texts.map(parsePlatform));
  if (sparse === true && platforms.length === 0)
    throw new UsageError("--sparse is for platforms, and none are chosen: add --platform, or leave it out");
  return platforms;
}
