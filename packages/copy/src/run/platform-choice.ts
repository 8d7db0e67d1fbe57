import type { Platform } from "@tranship/core";

/** What becomes of an image that lacks some of the platforms asked for: it fails, or those that it has are copied. One that has none of them fails always. */
export type MissingPlatforms = "fail" | "skip";

/** Platforms that are asked for. */
export interface PlatformChoice {
  readonly platforms: readonly Platform[];
  readonly missing: MissingPlatforms;
}

/** The choice of options that name platforms, and perhaps what becomes of missing ones; without platforms images are copied whole. */
export function choiceOf({
  platforms = [],
  missingPlatforms = "fail",
}: {
  readonly platforms?: readonly Platform[] | undefined;
  readonly missingPlatforms?: MissingPlatforms | undefined;
}): PlatformChoice {
  return { platforms, missing: missingPlatforms };
}
