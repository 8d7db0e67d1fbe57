import type { ImageResult, PlannedImage } from "@tranship/copy";
import { counted } from "../terminal/units.ts";
import { referenceName } from "./image-name.ts";
import { type LackingImage, lackingPlatforms } from "./lacking-platforms.ts";

/** Says how many tags were brought with a choice of their platforms, since whoever compares digests with the source's finds others. Nothing where none was. */
export function cutDownTags(
  images: readonly Pick<ImageResult, "outcome" | "sourceDigest" | "lacking" | "to" | "targetTag">[],
): readonly string[] {
  const cut = images.filter(({ outcome, sourceDigest }) => outcome === "copied" && sourceDigest !== undefined);
  return [...said(cut.length), ...lackingPlatforms(images.map(lackingImage))];
}

/** The same of a plan. */
export function cutDownInPlan(
  images: readonly Pick<PlannedImage, "action" | "source" | "root" | "lacking" | "to" | "targetTag">[],
): readonly string[] {
  const cut = images.filter(
    ({ action, source, root }) => action === "copy" && source !== undefined && root !== undefined && source !== root,
  );
  return [...said(cut.length), ...lackingPlatforms(images.map(lackingImage))];
}

function lackingImage({
  to = "",
  targetTag,
  lacking,
}: Pick<ImageResult, "to" | "targetTag" | "lacking">): LackingImage {
  return { name: referenceName(to, targetTag), lacking };
}

function said(tags: number): readonly string[] {
  if (tags === 0) return [];
  return [
    `${counted(tags, "tag")} with the chosen platforms only, under ${tags === 1 ? "a digest" : "digests"} of ${tags === 1 ? "its" : "their"} own`,
  ];
}
