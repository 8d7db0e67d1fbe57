import { firstNames } from "../terminal/first-names.ts";
import { counted } from "../terminal/units.ts";

/** Images that a line names at most. */
const NAMED = 5;

/** An image, and which chosen platforms it lacks. */
export interface LackingImage {
  readonly name: string;
  readonly lacking?: readonly string[] | undefined;
}

/** Says of each chosen platform which images lack it, where that is not to fail. */
export function lackingPlatforms(images: readonly LackingImage[]): readonly string[] {
  const lacks = images.flatMap(({ name, lacking = [] }) => lacking.map((platform) => ({ name, platform })));
  return [...Map.groupBy(lacks, ({ platform }) => platform)].map(([platform, found]) => {
    const names = found.map(({ name }) => name);
    return `${counted(found.length, "tag")} without ${platform}, which the source does not have: ${firstNames(names, NAMED)}`;
  });
}
