import type { ImageResult } from "@tranship/copy";

/** Tags that a line names at most. */
const SHOWN = 5;

/** What was to be deleted and stays: a line for each reason and target. */
export function keptTags(images: readonly ImageResult[]): readonly string[] {
  const kept = images.filter(({ outcome }) => outcome === "kept");
  const groups = Map.groupBy(kept, ({ to, why }) => JSON.stringify([to, why]));
  return [...groups.values()].map((group) => {
    const [{ to = "", why = "" } = {}] = group;
    const tags = group.slice(0, SHOWN).map(({ targetTag }) => targetTag);
    const more = group.length > SHOWN ? ` and ${group.length - SHOWN} more` : "";
    return `${to}: ${tags.join(", ")}${more}: ${why}`;
  });
}
