import type { SyncResult } from "@tranship/copy";
import { errorJson } from "../errors/error-json.ts";
import { reportError } from "../failures/report-error.ts";
import { failuresOf } from "../results/render-result.ts";
import { print, printJson } from "../terminal/output.ts";
import { printWarning } from "../terminal/warning.ts";
import type { OnWatchEvent, WatchEvent } from "./watch-events.ts";

export interface ReportWatchOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** Says what happens in a watch: a line of stdout, or of JSON, for what goes as it should, stderr for the rest. A run prints its own result. */
export function reportWatch({ json, quiet, debug }: ReportWatchOptions): OnWatchEvent {
  return (event) => {
    if (json) printJson(jsonOf(event));
    else if (!quiet) linesOf(event).forEach(print);
    if (event.type === "skipped") {
      printWarning(`The run of ${local(event.due)} is skipped: the one of ${local(event.running)} has not ended`);
    } else if (event.type === "ended") {
      const failure = "error" in event ? event.error : failuresOf(event.result);
      if (failure !== undefined) void reportError(failure, { debug });
    } else if (event.type === "broken") {
      void reportError(event.error, { debug }).then(() =>
        printWarning(`What the mirror file was at ${local(event.loadedAt)} stays in force`),
      );
    }
  };
}

function linesOf(event: WatchEvent): readonly string[] {
  if (event.type === "waiting") return [`Next run at ${local(event.next)}`];
  if (event.type === "mended") return ["The mirror file is again what it was"];
  if (event.type === "reloaded")
    return [`Read ${event.file} again: it has changed, and is in force from the next run on`];
  return [];
}

/** The result of a run has a line of its own. */
function jsonOf(event: WatchEvent): object {
  if (event.type === "ended") {
    const { startedAt, endedAt } = event;
    const error = "error" in event ? { error: errorJson(event.error) } : {};
    return { type: "ended", startedAt, endedAt, ok: isOk(event), ...error };
  }
  if (event.type !== "broken") return event;
  const { error, loadedAt } = event;
  return { type: "broken", message: error instanceof Error ? error.message : String(error), loadedAt };
}

function isOk(event: { readonly result: SyncResult } | { readonly error: unknown }): boolean {
  return "result" in event && event.result.ok;
}

/** `2026-11-25 03:00:00`, as the clock on the wall has it. */
function local(time: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
