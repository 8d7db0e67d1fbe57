import type { ImageResult } from "@tranship/copy";
import { counted } from "../units.ts";

/** `3 tags`: those that a result is about. A repository that could not be listed, or a pruning that failed, is none. */
export function countTags(images: readonly ImageResult[]): string {
  return counted(images.filter(({ tag }) => tag !== undefined).length, "tag");
}
