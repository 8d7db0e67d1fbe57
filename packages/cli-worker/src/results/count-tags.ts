import type { ImageOutcome, ImageResult } from "@tranship/copy";
import { counted } from "../terminal/units.ts";

/** `3 tags`: those that a result is about. A repository that could not be listed, or a pruning that failed, is none. */
export function countTags(images: readonly ImageResult[]): string {
  return counted(images.filter(isTag).length, "tag");
}

/** `2 failed, 10 unchanged; 1 other failure`: how tags went, in that order of outcomes, and how much failed that is no tag. Empty where there is nothing. */
export function renderOutcomes(
  images: readonly ImageResult[],
  order: readonly ImageOutcome[],
  name: (outcome: ImageOutcome) => string = (outcome) => outcome,
): string {
  const tags = images.filter(isTag);
  const counts = order.flatMap((outcome) => {
    const count = tags.filter((image) => image.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${name(outcome)}`];
  });
  const others = images.length - tags.length;
  return [counts.join(", "), others === 0 ? "" : counted(others, "other failure")]
    .filter((part) => part !== "")
    .join("; ");
}

function isTag({ tag }: ImageResult): boolean {
  return tag !== undefined;
}
