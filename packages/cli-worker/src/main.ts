import process from "node:process";
import { CommanderError } from "commander";
import { asksForJson } from "./arguments/asks-for-json.ts";
import { commanderUsage, commandNamed } from "./arguments/commander-usage.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./errors/exit-code.ts";
import { watchWrites } from "./errors/stdout-failure.ts";
import { reportError } from "./failures/report-error.ts";
import { createProgram } from "./program.ts";

/**
 * Runs a command line and gives the exit code; whatever fails is said on stderr.
 * @param arguments_ those of the user, without node and script.
 */
export async function run(arguments_: readonly string[], version: string): Promise<ExitCode> {
  const written = watchWrites(process.stdout);
  // Where nobody reads stderr there is nobody to tell.
  process.stderr.on("error", () => {});
  const program = createProgram(version, arguments_);
  const ended = await program.parseAsync(arguments_, { from: "user" }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  // commander shows its help and version by itself, and ends with an error of exit code 0.
  const thrown =
    ended?.error instanceof CommanderError && ended.error.code !== "commander.help" && ended.error.exitCode !== 0
      ? commanderUsage(ended.error, commandNamed(program, arguments_))
      : ended?.error;
  const hasFailed = ended !== undefined && exitCodeOf(thrown) !== EXIT.done;
  if (hasFailed && exitCodeOf(thrown) === EXIT.usage && asksForJson(arguments_))
    (await import("./terminal/json-failure.ts")).printJsonFailure(thrown);
  const failure = await written();
  const error = hasFailed ? thrown : failure;
  if (error === undefined) return EXIT.done;
  const debug = program.opts()["debug"] === true || (process.env["TRANSHIP_DEBUG"] ?? "") !== "";
  await reportError(error, { debug });
  return exitCodeOf(error);
}
