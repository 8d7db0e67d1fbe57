import type { Command } from "commander";
import { UsageError } from "../errors/usage-error.ts";
import { readLimited } from "../files/read-limited.ts";
import { readableFile } from "../files/single-file.ts";

/** The longest credentials that are read, in bytes: tokens of the clouds have up to some 10 kB. */
const MAX_CREDENTIALS_BYTES = 64 * 1024;

/**
 * Reads what the options for credentials name, and sets it as if it had been given as an argument.
 * @throws {UsageError} where a role is given credentials twice, stdin is wanted twice, or what is read is not one line.
 */
export async function readCredentials(command: Command, signal: AbortSignal): Promise<void> {
  const flags: Readonly<Record<string, unknown>> = command.opts();
  const roles = (["creds", "src-creds", "dest-creds"] as const).map((role) => ({ role, name: camelCase(role) }));
  const byStdin = roles.filter(({ name }) => flags[`${name}Stdin`] === true).map(({ role }) => `--${role}-stdin`);
  const [first, second] = byStdin;
  if (first !== undefined && second !== undefined)
    throw new UsageError(`${first} and ${second} both read stdin: give one of them by a file`);
  if (first !== undefined && [...command.args, flags["file"], flags["output"]].includes("-"))
    throw new UsageError(`${first} reads stdin, and so does "-": name a file for one of them`);
  for (const { role, name } of roles) {
    const given = ["", "-file", "-stdin"].filter((way) => flags[camelCase(`${role}${way}`)] !== undefined);
    if (given.length > 1)
      throw new UsageError(`${given.map((way) => `--${role}${way}`).join(" and ")} exclude each other`);
    const file = flags[`${name}File`];
    if (typeof file === "string")
      command.setOptionValue(name, await readLine(await readableFile(file), `--${role}-file`, signal));
    else if (flags[`${name}Stdin`] === true)
      command.setOptionValue(name, await readLine(undefined, `--${role}-stdin`, signal));
  }
}

async function readLine(file: string | undefined, option: string, signal: AbortSignal): Promise<string> {
  const bytes = await readLimited(file, { limit: MAX_CREDENTIALS_BYTES, signal });
  const line = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  if (line === "") throw new UsageError(`${option} gives nothing: expected USER:PASSWORD`);
  if (/[\r\n]/.test(line)) throw new UsageError(`${option} gives several lines: expected USER:PASSWORD alone`);
  return line;
}

function camelCase(option: string): string {
  return option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
