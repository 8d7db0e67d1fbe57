import process from "node:process";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";
import { watchWrites } from "./stdout-failure.ts";

/**
 * Runs a command line and gives the exit code; whatever fails is said on stderr.
 * @param arguments_ those of the user, without node and script.
 */
export async function run(arguments_: readonly string[], version: string): Promise<ExitCode> {
  const written = watchWrites(process.stdout);
  // Where nobody reads stderr there is nobody to tell.
  process.stderr.on("error", () => {});
  const program = createProgram(version);
  const ended = await program.parseAsync(arguments_, { from: "user" }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const failure = await written();
  const hasFailed = ended !== undefined && exitCodeOf(ended.error) !== EXIT.done;
  const error = hasFailed ? ended.error : failure;
  if (error === undefined) return EXIT.done;
  const debug = program.opts()["debug"] === true || (process.env["TRANSHIP_DEBUG"] ?? "") !== "";
  await reportError(error, { debug });
  return exitCodeOf(error);
}
