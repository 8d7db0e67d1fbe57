import type { DeletionOutcome, InventoryManifest } from "@tranship/copy";
import { errorJson } from "../../errors/error-json.ts";
import type { PrunePlan } from "./plan-prune.ts";

/** The document of `prune --json`: the same for a dry run, where nothing fails. */
export function pruneJson(
  repository: string,
  { kept, locked }: PrunePlan,
  outcomes: readonly DeletionOutcome[],
  { dryRun }: { readonly dryRun: boolean },
): Readonly<Record<string, unknown>> {
  return {
    repository,
    dryRun,
    ok: outcomes.every(({ outcome }) => outcome === "deleted" || outcome === "kept"),
    deletions: outcomes.map((one) => ({
      ...manifestJson(one.deletion.manifest),
      reason: one.deletion.reason,
      of: one.deletion.of,
      outcome: dryRun ? "planned" : one.outcome,
      ...(one.outcome === "kept" && { why: one.why }),
      ...(one.outcome === "failed" && { error: errorJson(one.error) }),
      ...(one.outcome === "left" && { because: one.because }),
    })),
    locked: locked.map((manifest) => ({ ...manifestJson(manifest), locks: manifest.locks })),
    kept: kept.map(({ manifest, reason, by }) => ({ ...manifestJson(manifest), reason, by })),
  };
}

function manifestJson({ digest, tags, time }: InventoryManifest): Readonly<Record<string, unknown>> {
  return { digest, tags, time: time?.toISOString() };
}
