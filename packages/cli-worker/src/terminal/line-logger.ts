import type { Logger } from "@tranship/core";
import { safeJson } from "./escape-text.ts";
import { oneLine } from "./one-line.ts";

/** What `--log-level` takes, the quietest first. Nothing is logged at `error`: what fails is said anyway. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

export type LogLevelFlag = (typeof LOG_LEVELS)[number];

/** What the message says already. */
const SAID: ReadonlySet<string> = new Set(["method", "url", "status"]);

/** Writes lines as `2026-05-01T10:00:00.000Z info  GET https://r.example/v2/ 200 {"kind":"ping",…}`, up to a level. */
export function lineLogger(level: LogLevelFlag, write: (line: string) => void): Logger {
  const most = LOG_LEVELS.indexOf(level);
  const line = (of: LogLevelFlag) => (fields: object, message: string) => {
    if (LOG_LEVELS.indexOf(of) > most) return;
    const entries = Object.entries(fields).filter(([name]) => !SAID.has(name));
    const rest = entries.length === 0 ? "" : ` ${safeJson(Object.fromEntries(entries))}`;
    write(`${oneLine(`${new Date().toISOString()} ${of.padEnd(5)} ${message}${rest}`)}\n`);
  };
  return {
    isLevelEnabled: (wanted) => LOG_LEVELS.indexOf(wanted) <= most,
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
  };
}
