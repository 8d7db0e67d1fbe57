import type { CopyEvent } from "@tranship/copy";
import { BarProgress } from "./bar-progress.ts";
import { jsonLine } from "./json-line.ts";
import { LineProgress } from "./line-progress.ts";
import type { Progress, TextStream } from "./progress.ts";

export interface ProgressOptions {
  readonly quiet?: boolean | undefined;
  /** Each event as a JSON line on `stdout`, and nothing on `stderr`. */
  readonly json?: boolean | undefined;
  /** Log lines on `stderr` would tear bars apart. */
  readonly logLevel?: string | undefined;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Chooses how progress is shown: bars on a terminal, plain lines elsewhere and between log lines; JSON lines where they are asked for. */
export function openProgress(options: ProgressOptions): Progress {
  const { quiet = false, json = false, logLevel, stdout, stderr, env } = options;
  if (json) return { onEvent: (event: CopyEvent) => stdout.write(`${jsonLine(event)}\n`), close: () => {} };
  if (quiet) return { onEvent: () => {}, close: () => {} };
  if (stderr.isTTY !== true || env["TERM"] === "dumb" || logLevel !== undefined) return new LineProgress(stderr);
  return new BarProgress(stderr, { color: (env["NO_COLOR"] ?? "") === "" });
}
