import process from "node:process";
import { Command, Option } from "commander";
import { hasCredentialsToRead } from "./arguments/credentials-options.ts";
import { LANES } from "./arguments/options.ts";
import { defineAcr } from "./commands/acr/define.ts";
import { defineApply } from "./commands/apply/define.ts";
import { defineBlob } from "./commands/blob/define.ts";
import { defineConvert } from "./commands/convert/define.ts";
import { defineCopy } from "./commands/copy/define.ts";
import { defineDelete } from "./commands/delete/define.ts";
import { defineDemo } from "./commands/demo/define.ts";
import { defineDigest } from "./commands/digest/define.ts";
import { defineHosts } from "./commands/hosts/define.ts";
import { defineInspect } from "./commands/inspect/define.ts";
import { defineLogin } from "./commands/login/define.ts";
import { defineLogout } from "./commands/logout/define.ts";
import { defineLs } from "./commands/ls/define.ts";
import { defineManifest } from "./commands/manifest/define.ts";
import { definePlan } from "./commands/plan/define.ts";
import { definePrune } from "./commands/prune/define.ts";
import { defineRepos } from "./commands/repos/define.ts";
import { defineSchema } from "./commands/schema/define.ts";
import { defineServe } from "./commands/serve/define.ts";
import { defineState } from "./commands/state/define.ts";
import { defineSync } from "./commands/sync/define.ts";
import { defineTag } from "./commands/tag/define.ts";
import { defineVerify } from "./commands/verify/define.ts";
import { interruptible } from "./errors/interrupt.ts";
import { LOG_LEVELS } from "./terminal/line-logger.ts";

/** By the titles under which help shows them. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, (program: Command) => void>>>> = {
  "Copy:": { copy: defineCopy, sync: defineSync, plan: definePlan, apply: defineApply, verify: defineVerify },
  "Look:": { ls: defineLs, repos: defineRepos, inspect: defineInspect, digest: defineDigest },
  "Change:": { tag: defineTag, delete: defineDelete, prune: definePrune, blob: defineBlob, manifest: defineManifest },
  "Registries:": { serve: defineServe, login: defineLogin, logout: defineLogout, hosts: defineHosts, acr: defineAcr },
  "More:": { state: defineState, convert: defineConvert, schema: defineSchema, demo: defineDemo },
};

/**
 * The command line, with every command's options and help. What a command does is loaded when it runs.
 * @param line The user's arguments: where they begin with a command, the others are left out, which at each start would take as long as all that commander does otherwise.
 */
export function createProgram(version: string, line: readonly string[] = []): Command {
  const only = Object.values(COMMANDS).some((commands) => Object.hasOwn(commands, line[0] ?? "")) ? line[0] : undefined;
  const program = new Command("tranship")
    .usage("<command> [options]")
    .description("Copies container images and other OCI artifacts between registries and OCI layouts.")
    .version(version, "-V, --version", "print the version")
    .option("--debug", "show the causes of errors (or TRANSHIP_DEBUG=1)")
    .addOption(new Option("--log-level <LEVEL>", "log what registries are asked, on stderr").choices(LOG_LEVELS))
    .addOption(new Option("--lane <LANE>", "carry all bytes one way, to find out what is wrong").choices(LANES))
    .helpOption("-h, --help", "show help, also of a command")
    .hook("preAction", async (all, command) => {
      for (const name of ["logLevel", "lane", "debug"]) command.setOptionValue(name, all.opts()[name]);
      if (!hasCredentialsToRead(command)) return;
      const { readCredentials } = await import("./arguments/read-credentials.ts");
      await interruptible((signal) => readCredentials(command, signal));
    })
    .exitOverride()
    // Errors are reported in one place, on one line.
    .configureOutput({ outputError: () => {}, getOutHelpWidth: helpWidth })
    .configureHelp({ subcommandTerm: (command) => command.name() });
  for (const [title, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(title);
    for (const [name, define] of Object.entries(commands)) if (only === undefined || name === only) define(program);
  }
  program.helpCommand("help [command]", "show help of a command");
  return program.addHelpText("after", HELP_END);
}

/** 80 columns, which is also what the texts that the build writes down have, and fewer on a narrower terminal. */
function helpWidth(): number {
  return Math.min(80, process.stdout.columns ?? 80);
}

const HELP_END = `
Locations:
  [docker://]HOST/REPOSITORY[:TAG|@DIGEST]  in a registry; alpine is docker.io/library/alpine
  oci:DIR[:TAG]                             in an OCI layout, a directory; DIR has no colon

Examples:
  # what tranship does, in a second
  $ tranship demo
  # mirror an image, all its platforms
  $ tranship copy docker.io/library/alpine:3.20 registry.example/mirror/alpine:3.20
  # options and examples of a command
  $ tranship copy --help

Exit codes: 0 done, 1 something failed, 2 bad usage and nothing started, 3 verification found a
difference, 130 interrupted, 143 terminated.`;
