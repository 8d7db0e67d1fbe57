import type { Command, CommanderError } from "commander";
import { UsageError } from "../errors/usage-error.ts";

/** Which command the arguments name, as the user writes it: `tranship acr lock`. */
export function commandNamed(program: Command, arguments_: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of arguments_) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) continue;
    command = next;
    names.push(word);
  }
  return names.join(" ");
}

/** What commander found wrong with the arguments, in our words: what was tried, and what to do. */
export function commanderUsage(error: CommanderError, command: string): UsageError {
  const [text = "", suggested] = error.message.replace(/^error: /, "").split(/\n\(Did you mean (.*)\?\)$/);
  const quoted = text.replaceAll(/'([^']*)'/g, '"$1"').replace(/\.$/, "");
  const advice = suggested === undefined ? `; see ${command} --help` : `; did you mean ${suggested}?`;
  return new UsageError(`${sentence(quoted, command)}${advice}`, { cause: error });
}

function sentence(text: string, command: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  const [, option, value, why] = /^option ("[^"]*") argument ("[^"]*") is invalid\. (.*)$/i.exec(text) ?? [];
  if (option !== undefined) return `Bad ${option} of ${command}: ${value} is none; ${lowerCased(why ?? "")}`;
  const [, name] = /^missing required argument ("[^"]*")$/.exec(text) ?? [];
  if (name !== undefined) return `${command} needs ${name}`;
  const [, most, given] = /^too many arguments.* Expected (\d+ arguments?) but got (.*)$/.exec(text) ?? [];
  if (most !== undefined) return `Too many arguments for ${command}: it takes ${most}, here are ${given}`;
  const [, lacking] = /^option ("[^"]*") argument missing$/.exec(text) ?? [];
  if (lacking !== undefined) return `${lacking} of ${command} needs a value`;
  const [, required] = /^required option ("[^"]*") not specified$/.exec(text) ?? [];
  if (required !== undefined) return `${command} needs ${required}`;
  return /^unknown option/.test(text) ? `${capital} of ${command}` : capital;
}

/** `Allowed choices are a, b` and our own `Expected …` as the end of a sentence. */
function lowerCased(why: string): string {
  const text = why.replace(/^Allowed choices are /, "expected one of ").replace(/^Expected /, "expected ");
  return text.charAt(0).toLowerCase() + text.slice(1);
}
