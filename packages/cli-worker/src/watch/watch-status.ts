import type { SyncResult } from "@tranship/copy";
import { MirrorFileError } from "../mirror/problem.ts";
import { oneLine } from "../terminal/one-line.ts";
import type { RunEnd, WatchEvent } from "./watch-events.ts";

/** A run that has ended. Times are ISO 8601, UTC. */
export interface LastRun {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly ok: boolean;
  readonly outcomes?: SyncResult["outcomes"] | undefined;
  readonly moved?: SyncResult["moved"] | undefined;
  /** Why there are no outcomes. */
  readonly error?: string | undefined;
}

/** How a watch is, as `GET /healthz` shows it. No secret is in it. */
export interface WatchHealth {
  /** `waiting`: no run has ended yet. `failed`: the last one has failed, or something in it. */
  readonly status: "waiting" | "ok" | "failed";
  /** Since when a run goes on. */
  readonly running: string | null;
  readonly last: LastRun | null;
  readonly next: string | null;
  /** Since the start. */
  readonly runs: { readonly ok: number; readonly failed: number; readonly skipped: number };
  /** What is wrong with the file as it is now; what was read before is in force. */
  readonly fileProblem: string | null;
}

/** Keeps what the health of a watch is made of: it is told of its events. */
export class WatchStatus {
  #running: Date | undefined;
  #last: LastRun | undefined;
  #next: Date | undefined;
  #fileProblem: string | undefined;
  readonly #runs = { ok: 0, failed: 0, skipped: 0 };
  /** What the last run asked and moved, for metrics. */
  #result: SyncResult | undefined;

  readonly onEvent = (event: WatchEvent): void => {
    switch (event.type) {
      case "started":
        this.#running = event.startedAt;
        break;
      case "ended":
        this.#running = undefined;
        this.#last = lastRun(event);
        this.#result = "result" in event ? event.result : undefined;
        this.#runs[this.#last.ok ? "ok" : "failed"] += 1;
        break;
      case "skipped":
        this.#runs.skipped += 1;
        break;
      case "waiting":
        this.#next = event.next;
        break;
      case "reloaded":
        this.#fileProblem = undefined;
        break;
      case "mended":
        this.#fileProblem = undefined;
        break;
      case "broken":
        this.#fileProblem = messageOf(event.error);
    }
  };

  get health(): WatchHealth {
    const last = this.#last ?? null;
    return {
      status: last === null ? "waiting" : last.ok ? "ok" : "failed",
      running: this.#running?.toISOString() ?? null,
      last,
      next: this.#next?.toISOString() ?? null,
      runs: { ...this.#runs },
      fileProblem: this.#fileProblem ?? null,
    };
  }

  /** Of the last run that had one. */
  get result(): SyncResult | undefined {
    return this.#result;
  }
}

function lastRun(run: RunEnd): LastRun {
  const times = { startedAt: run.startedAt.toISOString(), endedAt: run.endedAt.toISOString() };
  if ("error" in run) return { ...times, ok: false, error: messageOf(run.error) };
  const { ok, outcomes, moved } = run.result;
  return { ...times, ok, outcomes, moved };
}

function messageOf(error: unknown): string {
  if (error instanceof MirrorFileError) return error.lines.join("; ");
  return oneLine(error instanceof Error ? error.message : String(error));
}
