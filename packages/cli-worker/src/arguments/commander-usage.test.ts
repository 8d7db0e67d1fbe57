import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../program.ts";
import { commanderUsage, commandNamed } from "./commander-usage.ts";

/** What the program says of arguments that it refuses. */
async function usage(...arguments_: readonly string[]): Promise<string> {
  const program = createProgram("1.0.0");
  const error: unknown = await program.parseAsync(arguments_, { from: "user" }).catch((thrown: unknown) => thrown);
  if (!(error instanceof CommanderError)) throw new Error(`It is not refused: ${arguments_.join(" ")}`);
  return commanderUsage(error, commandNamed(program, arguments_)).message;
}

describe("commanderUsage()", () => {
  it.each([
    [["cpoy"], 'Unknown command "cpoy"; did you mean copy?'],
    [["frobnicate"], 'Unknown command "frobnicate"; see tranship --help'],
    [["acr", "frobnicate"], 'Unknown command "frobnicate"; see tranship acr --help'],
    [["copy", "--platfrm", "a", "b"], 'Unknown option "--platfrm" of tranship copy; did you mean --platform?'],
    [
      ["acr", "lock", "--frob", "r.example/a"],
      'Unknown option "--frob" of tranship acr lock; see tranship acr lock --help',
    ],
    [["copy", "a"], 'tranship copy needs "DST"; see tranship copy --help'],
    [
      ["digest", "a", "b"],
      "Too many arguments for tranship digest: it takes 1 argument, here are 2: a, b; see tranship digest --help",
    ],
    [
      ["acr", "list", "--order-by", "age", "r.example/a"],
      'Bad "--order-by <ORDER>" of tranship acr list: "age" is none; expected one of updated, updated-asc; see tranship acr list --help',
    ],
    [
      ["copy", "--concurrency", "many", "a", "b"],
      'Bad "--concurrency <N>" of tranship copy: "many" is none; expected a whole number from 1 to 1000; see tranship copy --help',
    ],
    [["ls", "--creds"], '"--creds <USER:PASSWORD>" of tranship ls needs a value; see tranship ls --help'],
  ] as const)("%j", async (arguments_, says) => {
    expect(await usage(...arguments_)).toBe(says);
  });
});
