import type { CopyEvent, OnEvent } from "@tranship/copy";
import { BarProgress } from "./bar-progress.ts";
import { jsonLine } from "./json-line.ts";
import { LineProgress } from "./line-progress.ts";

/** Shows the events of copies to whoever waits for them. */
export interface Progress {
  /** Bound, so that it can be handed on. */
  readonly onEvent: OnEvent;
  /** Ends the showing: nothing of it stays on a terminal but what is worth keeping. */
  close(): void;
}

/** A stream of text: stdout, stderr. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly quiet?: boolean | undefined;
  /** Each event as a JSON line on `stdout`, and nothing on `stderr`. */
  readonly json?: boolean | undefined;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Chooses how progress is shown: bars on a terminal, else plain lines; JSON lines where they are asked for. */
export function openProgress({ quiet = false, json = false, stdout, stderr, env }: ProgressOptions): Progress {
  if (json) return { onEvent: (event: CopyEvent) => stdout.write(`${jsonLine(event)}\n`), close: () => {} };
  if (quiet) return { onEvent: () => {}, close: () => {} };
  if (stderr.isTTY !== true || env["TERM"] === "dumb") return new LineProgress(stderr);
  return new BarProgress(stderr, { color: (env["NO_COLOR"] ?? "") === "" });
}
