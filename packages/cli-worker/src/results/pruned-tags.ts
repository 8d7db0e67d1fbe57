import type { ImageOutcome, ImageResult } from "@tranship/copy";
import { firstNames } from "../terminal/first-names.ts";

/** Tags that a line names at most. */
const SHOWN = 10;

/** What was to be deleted and stays: a line for each reason and target. */
export function keptTags(images: readonly ImageResult[]): readonly string[] {
  return tagLines(images, "kept");
}

/** What was deleted: a line for each target. */
export function deletedTags(images: readonly ImageResult[]): readonly string[] {
  return tagLines(images, "deleted");
}

function tagLines(images: readonly ImageResult[], wanted: ImageOutcome): readonly string[] {
  const found = images.filter(({ outcome }) => outcome === wanted);
  const groups = Map.groupBy(found, ({ to, why }) => JSON.stringify([to, why]));
  return [...groups.values()].map((group) => {
    const [{ to = "", why } = {}] = group;
    const tags = group.map(({ targetTag }) => targetTag);
    return `${to}: ${firstNames(tags, SHOWN)}${why === undefined ? "" : `: ${why}`}`;
  });
}
