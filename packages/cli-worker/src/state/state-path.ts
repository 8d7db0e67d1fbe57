import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { UsageError } from "../errors/usage-error.ts";

/** Where a command keeps what it remembers. */
export interface StateFlags {
  /** False with `--no-state`. */
  readonly state?: string | false | undefined;
}

/** Of a command that copies. */
export interface RunStateFlags extends StateFlags {
  /** Bytes of disk for what registries can't resume; 0 keeps nothing. */
  readonly spoolLimit?: number | undefined;
}

/**
 * The state folder: `--state`, `TRANSHIP_STATE`, else `tranship` in `XDG_STATE_HOME` or `~/.local/state`. Undefined with `--no-state`.
 * @throws {UsageError} for an empty `--state`.
 */
export function statePath({ state }: StateFlags, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (state === false) return undefined;
  if (state === "") throw new UsageError("--state is empty: name a folder, or use --no-state");
  const given = state ?? env["TRANSHIP_STATE"] ?? "";
  if (given !== "") return resolve(given);
  const home = env["XDG_STATE_HOME"] ?? "";
  // The specification says to ignore a relative one.
  return join(isAbsolute(home) ? home : join(homedir(), ".local", "state"), "tranship");
}
