import process from "node:process";
import { CopyRun, ResultTally, type SyncResult } from "@tranship/copy";
import { UsageError } from "../../errors/usage-error.ts";
import { loadMirrorFile, readMirrorText, type UnparsedMirrorFile } from "../../mirror/file/read-mirror-file.ts";
import type { MirrorFile } from "../../mirror/mirror-file.ts";
import { parseSchedule, type Schedule } from "../../mirror/schedule.ts";
import { reportFiles, writeReports } from "../../report/report-file.ts";
import { type OpenMirrors, resolveMirrors, warnOf } from "../../sync/open-mirrors.ts";
import { syncMirrors } from "../../sync/sync-mirrors.ts";
import { print } from "../../terminal/output.ts";
import { serveHealth } from "../../watch/health-server.ts";
import { Reloaded } from "../../watch/reloaded.ts";
import { reportWatch } from "../../watch/report-watch.ts";
import { type Watched, watch } from "../../watch/watch.ts";
import { SYSTEM_CLOCK, type WatchClock } from "../../watch/watch-clock.ts";
import { WatchStatus } from "../../watch/watch-status.ts";
import type { SyncFlags } from "./run.ts";

export type WatchFlags = SyncFlags & { readonly watch: string | true };

/**
 * Keeps the mirrors of a file in step by a schedule, until the signal aborts. Each run opens what it needs, and closes it.
 * @throws {UsageError} before anything starts. @throws `signal.reason` where a run was under way; else it just ends.
 */
export async function watchAction(
  flags: WatchFlags,
  signal: AbortSignal,
  clock: WatchClock = SYSTEM_CLOCK,
): Promise<void> {
  const { json = false, quiet = false, debug = false, firstRun: atOnce = true } = flags;
  refuse(flags);
  const files = await reportFiles(flags.report);
  const watched = await openWatched(flags, signal);
  const status = new WatchStatus();
  await using health =
    flags.health && (await serveHealth({ ...flags.health, allowedHosts: flags.allowedHost }, status));
  if (health !== undefined && !json && !quiet) print(`Health at http://${health.address}/healthz`);
  const report = reportWatch({ json, quiet, debug });
  const run = async (file: MirrorFile, running: AbortSignal): Promise<SyncResult> => {
    let mirrors: OpenMirrors;
    try {
      mirrors = await resolveMirrors(file, flags, running);
    } catch (error) {
      // Else the report of the run before would pass for one of this.
      await writeReports(files, {
        command: "sync",
        of: flags.file,
        result: new ResultTally().result(new CopyRun(), { error }),
      });
      throw error;
    }
    await using open = mirrors;
    // Awaited, so that the mirrors are closed after it.
    return await syncMirrors(open, flags, files, running);
  };
  const onEvent: typeof report = (event) => {
    status.onEvent(event);
    report(event);
  };
  await watch({ watched, run, clock, onEvent, atOnce }, signal);
}

function refuse({ file, dryRun }: WatchFlags): void {
  if (file === "-")
    throw new UsageError("--watch reads the mirror file again when it has changed, and stdin can't be: name a file");
  if (dryRun === true) throw new UsageError("--watch and --dry-run exclude each other: a plan is shown once");
}

async function openWatched(flags: WatchFlags, signal: AbortSignal): Promise<Reloaded<Watched>> {
  const given = flags.watch === true ? undefined : await givenSchedule(flags.watch);
  let place: Omit<UnparsedMirrorFile, "text"> = { name: flags.file, folder: "" };
  return Reloaded.open<Watched>({
    read: async () => {
      const { text, ...rest } = await readMirrorText(flags.file, signal);
      place = rest;
      return text;
    },
    load: async (text) => {
      const parsed = await loadMirrorFile({ text, ...place, variables: process.env });
      const { file } = parsed;
      const schedule = given ?? parsed.schedule;
      if (schedule === undefined)
        throw new UsageError(`--watch has no cron expression, and ${file.name} has no schedule: write one of them`);
      warnOf(parsed);
      return { file, schedule };
    },
  });
}

async function givenSchedule(text: string): Promise<Schedule> {
  try {
    return await parseSchedule(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`Bad --watch: ${error.message}`, { cause: error });
    throw error;
  }
}
