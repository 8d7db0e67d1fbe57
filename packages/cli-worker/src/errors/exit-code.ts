import { CommanderError } from "commander";
import { Interrupted } from "./interrupt.ts";
import { FoundDifferent } from "./some-failed.ts";
import { BrokenPipe } from "./stdout-failure.ts";
import { UsageError } from "./usage-error.ts";

/** What the process ends with. */
export const EXIT = {
  done: 0,
  /** Something failed; the rest was done. */
  failed: 1,
  /** Bad usage or configuration; nothing was started. */
  usage: 2,
  /** A verification found a difference. */
  different: 3,
  interrupted: 130,
  /** What a shell reports for a process that SIGPIPE ended. */
  brokenPipe: 141,
  /** By SIGTERM, as a shell reports it. */
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What was asked for is not there to begin with: found out before the target is touched. */
const USAGE_CODES: ReadonlySet<unknown> = new Set(["PLATFORM_UNKNOWN", "LAYOUT_INVALID", "LINK_REFUSED"]);

/** The exit code for what ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof FoundDifferent) return EXIT.different;
  if (error instanceof Interrupted) return error.signal === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
  if (error instanceof BrokenPipe) return EXIT.brokenPipe;
  return isUsage(error) ? EXIT.usage : EXIT.failed;
}

/** Whether the error shows that the command cannot be done as it was given, so that nothing was started. */
export function isUsage(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && "code" in error && USAGE_CODES.has(error.code);
}
