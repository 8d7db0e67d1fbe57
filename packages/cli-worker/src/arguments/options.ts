import type { LaneChoice } from "@tranship/core";
import { type Command, InvalidArgumentError } from "commander";
import type { LogLevelFlag } from "../terminal/line-logger.ts";
import { addBoundOptions, type BoundFlags } from "./bounds.ts";
import { addCredentialsOptions } from "./credentials-options.ts";
import { parseSize } from "./parse-size.ts";

/** What every command that talks to a registry takes. */
export interface RegistryFlags extends BoundFlags {
  readonly authfile?: string | undefined;
  readonly certDir?: string | undefined;
  readonly ca?: readonly string[] | undefined;
  readonly clientCert?: readonly string[] | undefined;
  readonly plainHttp?: readonly string[] | undefined;
  readonly insecure?: readonly string[] | undefined;
  readonly legacyTls?: readonly string[] | undefined;
  readonly allowRedirect?: readonly string[] | undefined;
  readonly allowHttpRedirect?: readonly string[] | undefined;
  /** Folders that links in a layout may lead into. */
  readonly layoutRoot?: readonly string[] | undefined;
  /** Of the program, for all commands. */
  readonly logLevel?: LogLevelFlag | undefined;
  /** Of the program too. */
  readonly lane?: LaneChoice | undefined;
}

/** What `--lane` takes. */
export const LANES: readonly LaneChoice[] = ["auto", "blob", "control"];

/** How much may be asked of registries at once. */
export interface TrafficFlags {
  /** Requests in flight. */
  readonly concurrency?: number | undefined;
  /** Bytes per second, for each host, reading and writing apart. */
  readonly limitRate?: number | undefined;
  /** No manifest is read while a registry says that no more than so many pulls are left. */
  readonly pullFloor?: number | undefined;
  /** How often a request that may pass is sent again. */
  readonly retries?: number | undefined;
  /** The longest wait that a registry may ask for, in s. */
  readonly maxWait?: number | undefined;
  /** The most that a run waits in all for one host that asks for it, in s. */
  readonly maxTotalWait?: number | undefined;
  /** How long Ctrl-C may wait for the chunk that is being sent, in s. */
  readonly grace?: number | undefined;
}

/** Of a command with one registry. */
export interface OneSideFlags extends RegistryFlags {
  readonly creds?: string | undefined;
}

/** Of a command with a source and a target. */
export interface TwoSideFlags extends RegistryFlags {
  readonly srcCreds?: string | undefined;
  readonly destCreds?: string | undefined;
}

/** Adds the options of `RegistryFlags` and those for credentials. */
export function addRegistryOptions(
  command: Command,
  { credentials }: { readonly credentials: "none" | "one" | "two" },
): Command {
  command.optionsGroup("Registries:");
  if (credentials === "one") addCredentialsOptions(command, "creds", "");
  if (credentials === "two") {
    addCredentialsOptions(command, "src-creds", " for the source");
    addCredentialsOptions(command, "dest-creds", " for the targets");
  }
  command
    .option("--authfile <FILE>", "read credentials from FILE (default: docker's and podman's files)")
    .option("--plain-http <HOST>", "ask HOST over http (repeatable)", collect)
    .option("--insecure <HOST>", "take any certificate of HOST (repeatable)", collect)
    .option("--legacy-tls <HOST>", "allow HOST to lack secure renegotiation, as old servers do (repeatable)", collect)
    .option(
      "--allow-redirect <HOST>",
      "let registries redirect to HOST, even at a private address (repeatable)",
      collect,
    )
    .option("--allow-http-redirect <HOST>", "let https registries redirect to HOST over http (repeatable)", collect)
    .option("--ca <[HOST=]FILE>", "trust this authority, for one host or all (repeatable)", collect)
    .option("--client-cert <[HOST=]CERT:KEY>", "show this client certificate (repeatable)", collect)
    .option("--cert-dir <DIR>", "read *.crt, *.cert and *.key from DIR in the place of certs.d/HOST")
    .option(
      "--layout-root <DIR>",
      "read layouts whose links lead into DIR, as Bazel and Nix make them (repeatable)",
      collect,
    );
  return addBoundOptions(command);
}

/** Adds `--state`, `--no-state` and `--spool-limit`, for a command that remembers something. */
export function addStateOptions(command: Command): Command {
  const limit = "disk for big blobs that a registry can't resume inside, such as 50GB; 0 keeps none (default: 10GiB)";
  return addStateOption(command)
    .option("--no-state", "remember nothing, and know nothing of earlier runs")
    .option("--spool-limit <SIZE>", limit, bytes);
}

/** Adds `--state`, for a command that is about what is remembered. */
export function addStateOption(command: Command): Command {
  return command.option(
    "--state <DIR>",
    "the folder of what is remembered (or TRANSHIP_STATE; default: ~/.local/state/tranship)",
  );
}

/** Adds `--report`. */
export function addReportOption(command: Command): Command {
  return command.option(
    "--report <[KIND=]FILE>",
    "write a report at the end: .json, .md (for a CI summary) or .html, also of a run that failed or was interrupted (repeatable)",
    collect,
  );
}

/** The parser of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The parser of a repeatable option whose value may be a list with commas. */
export function collectList(value: string, before: readonly string[] = []): readonly string[] {
  const entries = value.split(",").map((entry) => entry.trim());
  if (entries.includes("")) throw new InvalidArgumentError("An entry of the list is empty.");
  return [...before, ...entries];
}

/** The parser of a whole number within limits. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^[0-9]+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

/** Adds those options of `TrafficFlags` that are about hosts which ask to wait. */
export function addWaitOptions(command: Command): Command {
  const total = "the most that a run waits in all for a registry that asks for it (default: 1800, or --max-wait)";
  return command
    .option(
      "--max-wait <SECONDS>",
      "the longest wait that a registry may ask for (default: 120)",
      wholeNumber(0, 7 * 86_400),
    )
    .option("--max-total-wait <SECONDS>", total, wholeNumber(0, 30 * 86_400));
}

/** Adds those options of `TrafficFlags` that are about requests. */
export function addRequestOptions(command: Command): Command {
  return addWaitOptions(command)
    .option("--concurrency <N>", "requests in flight (default: 32)", wholeNumber(1, 1000))
    .option("--retries <N>", "how often a request that may pass is sent again (default: 4)", wholeNumber(0, 1000))
    .option("--pull-floor <N>", "stop reading where Docker Hub says that only N pulls are left", wholeNumber(0, 1e6));
}

/** Adds the options of `TrafficFlags`. */
export function addTrafficOptions(command: Command): Command {
  const rate = "bytes per second, such as 10MB, for each host, reading and writing apart";
  return addRequestOptions(command)
    .option("--limit-rate <SIZE>", rate, bytesPerSecond)
    .option(
      "--grace <SECONDS>",
      "how long Ctrl-C may finish a chunk, so that it counts (default: 1)",
      wholeNumber(0, 600),
    );
}

/** The parser of a size: `10MB`, or 0. */
export function bytes(value: string): number {
  if (value === "0") return 0;
  try {
    return parseSize(/^[0-9]+$/.test(value) ? Number(value) : value);
  } catch {
    throw new InvalidArgumentError("Expected a size, such as 50GB, 512MiB or 0.");
  }
}

/** The parser of bytes per second: `10MB`. */
function bytesPerSecond(value: string): number {
  try {
    return parseSize(/^[0-9]+$/.test(value) ? Number(value) : value);
  } catch {
    throw new InvalidArgumentError("Expected bytes in a second, such as 50MB, 512KiB or 1000000.");
  }
}

/** Adds `--image-deadline`. */
export function addDeadlineOption(command: Command): Command {
  const what = "give up an image that takes longer, such as 90m or 12h (default: none; each transfer has --min-rate)";
  return command.option("--image-deadline <TIME>", what, duration);
}

/** The parser of a time: `90m`, in ms; at most what a timer takes. */
export function duration(value: string): number {
  const [, number, unit = ""] = /^([0-9]{1,6})([smhd])$/.exec(value) ?? [];
  const ms = Number(number) * ({ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN);
  if (ms > 0 && ms <= 24 * 86_400_000) return ms;
  throw new InvalidArgumentError("Expected a time of at most 24d, such as 30s, 90m, 12h or 2d.");
}

/** The text with examples at the end of a command's help. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): Command {
  const lines = examples.flatMap(([line, what]) => [`  # ${what}`, `  $ ${line}`]);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
