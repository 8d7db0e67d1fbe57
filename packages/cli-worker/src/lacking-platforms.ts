import { counted } from "./units.ts";

/** Says of each chosen platform how many images lack it, where that is not to fail. */
export function lackingPlatforms(
  images: readonly { readonly lacking?: readonly string[] | undefined }[],
): readonly string[] {
  const platforms = Map.groupBy(
    images.flatMap(({ lacking = [] }) => lacking),
    (platform) => platform,
  );
  return [...platforms].map(
    ([platform, { length }]) => `${counted(length, "tag")} without ${platform}, which the source does not have`,
  );
}
