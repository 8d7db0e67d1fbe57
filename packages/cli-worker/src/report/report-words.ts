import type { ImageOutcome, SyncResult } from "@tranship/copy";
import { countTags, renderOutcomes } from "../results/count-tags.ts";
import type { Report } from "./report.ts";
import { OUTCOME_ORDER, type ReportFacts, type ReportState } from "./report-facts.ts";

const STATES: Readonly<Record<ReportState, string>> = {
  done: "All done",
  failed: "Not all was done",
  interrupted: "Interrupted",
  ended: "Ended before its end",
};

/** How the run ended, in a few words. */
export function stateInWords({ state }: Pick<ReportFacts, "state">): string {
  return STATES[state];
}

/** `12 tags: 1 failed, 3 copied, 8 unchanged`. */
export function outcomesInWords({ images }: SyncResult): string {
  if (images.length === 0) return "No tags";
  return `${countTags(images)}: ${renderOutcomes(images, OUTCOME_ORDER, outcomeInWords)}`;
}

export function outcomeInWords(outcome: ImageOutcome): string {
  return outcome === "left" ? "not done" : outcome;
}

/** `sync of mirror.yaml`. */
export function titleOf({ command, of }: Report): string {
  return `${command} of ${of}`;
}

/** A time for readers everywhere: `2026-11-25 09:30 UTC`. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
