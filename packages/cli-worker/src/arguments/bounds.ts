import type { ListLimits } from "@tranship/core";
import { type Command, InvalidArgumentError } from "commander";
import { parseSize } from "./parse-size.ts";

/** How much a registry is given: for each host, in the place of what a mirror file says of it. */
export interface BoundFlags {
  /** The lowest rate of the body of a response. */
  readonly minRate?: MinRate | undefined;
  /** How much of a list is read. */
  readonly listLimit?: ListLimits | undefined;
}

export interface MinRate {
  readonly bytesPerSecond: number;
  /** Undefined: the default. */
  readonly windowMs?: number | undefined;
}

/** Adds the options of `BoundFlags`. */
export function addBoundOptions(command: Command): Command {
  return command
    .option(
      "--min-rate <SIZE[/SECONDS]>",
      "give up a body that comes more slowly, in bytes per second; 0 never does (default: 1kB/60)",
      minRate,
    )
    .option(
      "--list-limit <LIMIT=N>",
      "read no longer lists: pages=10000, names=500000, bytes=256MiB, pageBytes=32MiB are the defaults (repeatable)",
      listLimit,
    );
}

/** The parser of `1kB`, `1kB/60`, `0`. */
export function minRate(value: string): MinRate {
  const [, size = "", seconds] = /^([^/]+)(?:\/([0-9]{1,5}))?$/.exec(value) ?? [];
  const windowMs = seconds === undefined ? undefined : Number(seconds) * 1000;
  if (size === "0" && windowMs === undefined) return { bytesPerSecond: 0 };
  try {
    if (windowMs !== 0) return { bytesPerSecond: bytesOf(size), windowMs };
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("Expected bytes per second, over 60 s or a time in seconds: 1kB, 500B/30; or 0.");
}

/** The parser of a repeatable `names=1000000`. */
function listLimit(value: string, before: ListLimits = {}): ListLimits {
  const [, name, amount = ""] = /^(pages|names|bytes|pageBytes)=(.+)$/.exec(value) ?? [];
  try {
    const isBytes = name === "bytes" || name === "pageBytes";
    const limit = isBytes ? bytesOf(amount) : /^[1-9][0-9]{0,11}$/.test(amount) ? Number(amount) : undefined;
    if (name !== undefined && limit !== undefined && limit > 0) return { ...before, [name]: limit };
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("Expected pages=N, names=N, bytes=SIZE or pageBytes=SIZE, such as names=1000000.");
}

function bytesOf(text: string): number {
  return parseSize(/^[0-9]+$/.test(text) ? Number(text) : text);
}
