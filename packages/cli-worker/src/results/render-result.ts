import { IMAGE_OUTCOMES, type SyncPlan, type SyncResult } from "@tranship/copy";
import { SomeFailed } from "../errors/some-failed.ts";
import { oneLine } from "../terminal/one-line.ts";
import { formatBytes, formatDuration } from "../terminal/units.ts";
import { countTags, renderOutcomes } from "./count-tags.ts";
import { cutDownTags } from "./cut-down.ts";
import { failedPart } from "./failed-part.ts";
import { deletedTags, keptTags } from "./pruned-tags.ts";
import { renderRequests } from "./summary.ts";

/** A result for a reader, as lines. Failures are not in it: they go to stderr, one line each. */
export function renderResult(result: SyncResult): readonly string[] {
  const { images, moved, mounted, skipped, requests, tookMs } = result;
  const outcomes = renderOutcomes(images, IMAGE_OUTCOMES);
  const amount = (what: string, { count, bytes }: { readonly count: number; readonly bytes: number }): string[] =>
    count === 0 ? [] : [`${what} ${count} (${formatBytes(bytes)})`];
  const parts = [
    `${moved.count} (${formatBytes(moved.bytes)}) in ${formatDuration(tookMs)}`,
    ...amount("mounted", mounted),
    ...amount("skipped", skipped),
  ];
  const repositories = new Set(images.map(({ from }) => from)).size;
  return [
    `Synced ${countTags(images)} of ${repositories} ${repositories === 1 ? "repository" : "repositories"}`,
    ...(outcomes === "" ? [] : [`  tags      ${outcomes}`]),
    `  moved     ${parts.join("; ")}`,
    `  requests  ${renderRequests(requests)}`,
    ...cutDownTags(images).map((line) => `  platforms ${line}`),
    ...deletedTags(images).map((line) => `  deleted   ${oneLine(line)}`),
    ...keptTags(images).map((line) => `  kept      ${oneLine(line)}`),
    // A source says the same of a tag for each of its targets.
    ...[...new Set(images.flatMap(({ notices = [] }) => notices))].map((notice) => `  note      ${oneLine(notice)}`),
  ];
}

/** @throws {SomeFailed} with what failed or was refused. */
export function throwFailures(result: Pick<SyncResult, "images">): void {
  const failures = failuresOf(result);
  if (failures !== undefined) throw failures;
}

/** What failed or was refused; undefined where nothing was. */
export function failuresOf({ images }: Pick<SyncResult, "images">): SomeFailed | undefined {
  const failed = images.filter(({ error }) => error !== undefined);
  return failed.length === 0 ? undefined : new SomeFailed(failed.map(failedPart));
}

/** @throws {SomeFailed} with what could not be planned. */
export function throwUnresolved({ unresolved }: Pick<SyncPlan, "unresolved">): void {
  if (unresolved.length > 0) throw new SomeFailed(unresolved.map(failedPart));
}
