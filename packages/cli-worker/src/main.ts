import process from "node:process";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/**
 * Runs a command line and gives the exit code; whatever fails is said on stderr.
 * @param arguments_ those of the user, without node and script.
 */
export async function run(arguments_: readonly string[], version: string): Promise<ExitCode> {
  const program = createProgram(version);
  try {
    await program.parseAsync(arguments_, { from: "user" });
    return EXIT.done;
  } catch (error) {
    const debug = program.opts()["debug"] === true || (process.env["TRANSHIP_DEBUG"] ?? "") !== "";
    await reportError(error, { debug });
    return exitCodeOf(error);
  }
}
