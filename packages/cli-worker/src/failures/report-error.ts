import process from "node:process";
import { inspect } from "node:util";
import { CommanderError } from "commander";
import { SomeFailed } from "../errors/some-failed.ts";
import { BrokenPipe } from "../errors/stdout-failure.ts";
import { UsageError } from "../errors/usage-error.ts";
import { withoutUsers } from "../errors/without-users.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { oneLine } from "../terminal/one-line.ts";

/** Says on stderr what went wrong: one line an error, and one for each that is wrong with a file: `tranship: Cannot …`, and with `debug` the causes and stacks below it. */
export async function reportError(
  error: unknown,
  { debug = false, of }: { readonly debug?: boolean; readonly of?: string | undefined } = {},
): Promise<void> {
  if (error instanceof SomeFailed) {
    for (const part of error.parts) await reportError(part.error, { debug, of: part.of });
    return;
  }
  if (error instanceof UsageError && hasLines(error)) {
    for (const line of error.lines.map(oneLine)) process.stderr.write(`tranship: ${line}\n`);
    return;
  }
  const line = await lineOf(error);
  if (line === undefined) return;
  process.stderr.write(`tranship: ${of === undefined || line.includes(`"${of}"`) ? "" : `${oneLine(of)}: `}${line}\n`);
  if (debug)
    process.stderr.write(
      `${escapeText(error instanceof UsageError ? withoutUsers(inspect(error)) : inspect(error))}\n`,
    );
}

/** Several things that are wrong with one input; each gets a line. */
function hasLines(error: UsageError): error is UsageError & { readonly lines: readonly string[] } {
  return "lines" in error && Array.isArray(error.lines);
}

async function lineOf(error: unknown): Promise<string | undefined> {
  // commander's own, which end what was its help.
  if (error instanceof BrokenPipe || error instanceof CommanderError) return undefined;
  if (!(error instanceof Error)) return oneLine(String(error));
  // Only here, and not for `--help`: the hints know the errors of core.
  const { hintFor } = await import("./hints.ts");
  const hint = hintFor(error);
  const message = oneLine(error.message === "" ? error.name : error.message);
  return hint === undefined ? message : `${message}; ${hint}`;
}
