import type { Deletion, DeletionOutcome, InventoryManifest } from "@tranship/copy";
import { oneLine } from "../../terminal/one-line.ts";
import { alignColumns } from "../../terminal/table.ts";
import { counted } from "../../terminal/units.ts";
import type { Kept, PrunePlan } from "./plan-prune.ts";

const KEPT: Readonly<Record<Kept["reason"], string>> = {
  newest: "one of the newest",
  young: "not old enough",
  undated: "its age is unknown",
  unmatched: "has a tag that does not match",
  needed: "needed",
  other: "not considered",
};

/** A plan for a reader, as lines: what goes, in its order, what is locked, and what stays. */
export function renderPrunePlan(
  { deletions, kept, locked }: PrunePlan,
  { olderThan }: { readonly olderThan?: string | undefined } = {},
): readonly string[] {
  return alignColumns([
    ...deletions.flat().map((deletion) => row("delete", deletion.manifest, whyDeleted(deletion, olderThan))),
    ...locked.map((manifest) => row("locked", manifest, whyLocked(manifest))),
    ...kept.map((one) => row("keep", one.manifest, whyKept(one))),
  ]);
}

/** What was to be deleted and stays, since the repository has changed meanwhile, as lines. */
export function renderKept(outcomes: readonly DeletionOutcome[]): readonly string[] {
  const kept = outcomes.filter((one) => one.outcome === "kept");
  return alignColumns(kept.map(({ deletion, why }) => row("keep", deletion.manifest, oneLine(why))));
}

/** The last line: how it went, or would go. */
export function renderPruneSummary(
  name: string,
  { kept, locked }: PrunePlan,
  outcomes: readonly DeletionOutcome[],
  { dryRun }: { readonly dryRun: boolean },
): string {
  const deleted = outcomes.filter(({ outcome }) => outcome === "deleted").map(({ deletion }) => deletion.manifest);
  const tags = deleted.reduce((sum, manifest) => sum + manifest.tags.length, 0);
  const count = (wanted: DeletionOutcome["outcome"]): number =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  const parts = [
    `${dryRun ? "Would delete" : "Deleted"} ${counted(deleted.length, "manifest")} with ${counted(tags, "tag")} of ${name}`,
    `${kept.length} kept`,
    ...(count("kept") === 0 ? [] : [`${count("kept")} not deleted, since the repository has changed meanwhile`]),
    ...(locked.length === 0 ? [] : [`${locked.length} locked (--unlock deletes what is locked too)`]),
    ...(count("failed") === 0 ? [] : [`${count("failed")} failed`]),
    ...(count("left") === 0 ? [] : [`${count("left")} left, which those that failed need`]),
  ];
  return parts.join("; ");
}

function row(what: string, { digest, tags, time }: InventoryManifest, why: string): readonly string[] {
  const names = tags.length === 0 ? "-" : tags.map(oneLine).join(",");
  return [what, digest, names, time?.toISOString().slice(0, 10) ?? "-", why];
}

function whyDeleted({ reason, of }: Deletion, olderThan: string | undefined): string {
  if (reason === "follows") return `belongs to ${of}`;
  if (reason === "untagged") return "has no tag";
  return olderThan === undefined ? "not one of the newest" : `older than ${olderThan}`;
}

function whyLocked({ locks }: InventoryManifest): string {
  return `locked: ${locks.map((lock) => (lock.on === "tag" ? `tag ${oneLine(lock.tag)}` : "manifest")).join(", ")}`;
}

function whyKept({ reason, by }: Kept): string {
  return by === undefined ? KEPT[reason] : `${KEPT[reason]} by ${by}`;
}
