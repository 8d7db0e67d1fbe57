import process from "node:process";
import { type ApplyOptions, CopyRun, ResultTally, type SyncResult } from "@tranship/copy";
import { errorJson } from "../errors/error-json.ts";
import type { Report } from "../report/report.ts";
import { type ReportFile, writeReports } from "../report/report-file.ts";
import { renderResult } from "../results/render-result.ts";
import type { RunState } from "../state/open-state.ts";
import { print, printJson } from "../terminal/output.ts";
import { openProgress } from "../terminal/progress/open-progress.ts";
import type { RunFlags } from "./mirror-flags.ts";

export interface RunSyncOptions {
  /** What is to be moved at most, where a plan says it. */
  readonly expectedBytes?: number | undefined;
  readonly state: RunState;
  /** What reports are of, and where they go. */
  readonly reports: Pick<Report, "command" | "of"> & { readonly files: readonly ReportFile[] };
}

/**
 * Carries out what `work` does, with its progress shown, and prints its result: JSON lines of events and the result as the last one, or a summary. Reports are written
 * of what was done, however it ended.
 * @throws what `work` throws; an error for a report that can't be written, where nothing else has failed.
 */
export async function runSync(
  flags: RunFlags,
  signal: AbortSignal,
  work: (options: ApplyOptions) => Promise<SyncResult>,
  { expectedBytes, state: { spool, journal }, reports }: RunSyncOptions,
): Promise<SyncResult> {
  const { concurrency, blobs, jobs: images, failFast, imageDeadline: imageDeadlineMs } = flags;
  const progress = openProgress({ ...flags, stdout: process.stdout, stderr: process.stderr, env: process.env });
  if (expectedBytes !== undefined) progress.expect?.(expectedBytes);
  const run = new CopyRun({ concurrency, blobs, spool, journal, imageDeadlineMs });
  const tally = new ResultTally();
  let result: SyncResult;
  try {
    result = await work({ run, tally, images, failFast, signal, onEvent: progress.onEvent });
  } catch (error) {
    if (flags.json === true) printJson({ type: "result", ok: false, error: errorJson(error) });
    await writeReports(reports.files, { ...reports, result: tally.result(run, { error }) });
    throw error;
  } finally {
    progress.close();
  }
  if (flags.json === true) printJson({ type: "result", ...result });
  else if (flags.quiet !== true) renderResult(result).forEach(print);
  await writeReports(reports.files, { ...reports, result });
  return result;
}
