import { type Command, InvalidArgumentError } from "commander";
import { IGNORE_BROKEN_TAGS } from "../results/broken-tags.ts";
import { parseAge } from "./age.ts";
import { addDeadlineOption, addReportOption, addStateOptions, addTrafficOptions, wholeNumber } from "./options.ts";

/** Adds the options of the commands that read a mirror file: `MirrorFlags`. */
export function addMirrorOptions(command: Command): Command {
  return command
    .requiredOption("-f, --file <FILE>", "the mirror file; - is stdin")
    .option(
      "--trust-journal <AGE>",
      "don't ask the source for a tag that was seen within AGE, such as 24h, where the targets have what it stood for",
      age,
    )
    .option(
      "--max-delete <N>",
      "tags that a mirror with prune may delete; more deletes none of them (default: the file's, or 50)",
      wholeNumber(0, 1_000_000),
    )
    .option("--allow-shrunken", "prune although a source lists no more than half of what the target has of it")
    .option(...IGNORE_BROKEN_TAGS);
}

/** Adds the options of the commands that carry out plans: `RunFlags`. */
export function addRunOptions(command: Command): Command {
  command
    .option("--fail-fast", "end at the first failure (default: do the rest, and say at the end what failed)")
    .option("--jobs <N>", "images in flight from one registry to others (default: 16)", wholeNumber(1, 1000))
    .option("--blobs <N>", "blobs in flight from one registry to another (default: 8)", wholeNumber(1, 1000))
    .option("--json", "print events and the result as JSON lines")
    .option("-q, --quiet", "print errors only");
  return addStateOptions(addDeadlineOption(addTrafficOptions(addReportOption(command))));
}

/** The parser of an age: `24h`. */
function age(value: string): number {
  try {
    return parseAge(value);
  } catch {
    throw new InvalidArgumentError("Expected an age, such as 90m, 24h or 7d.");
  }
}
