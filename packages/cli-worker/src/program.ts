import process from "node:process";
import { Command, Option } from "commander";
import { defineAcr } from "./commands/acr.ts";
import { defineApply } from "./commands/apply.ts";
import { defineBlob } from "./commands/blob.ts";
import { defineConvert } from "./commands/convert.ts";
import { defineCopy } from "./commands/copy.ts";
import { defineDelete } from "./commands/delete.ts";
import { defineDemo } from "./commands/demo.ts";
import { defineDigest } from "./commands/digest.ts";
import { defineHosts } from "./commands/hosts.ts";
import { defineInspect } from "./commands/inspect.ts";
import { defineLogin } from "./commands/login.ts";
import { defineLogout } from "./commands/logout.ts";
import { defineLs } from "./commands/ls.ts";
import { defineManifest } from "./commands/manifest.ts";
import { definePlan } from "./commands/plan.ts";
import { definePrune } from "./commands/prune.ts";
import { defineRepos } from "./commands/repos.ts";
import { defineSchema } from "./commands/schema.ts";
import { defineServe } from "./commands/serve.ts";
import { defineState } from "./commands/state.ts";
import { defineSync } from "./commands/sync.ts";
import { defineTag } from "./commands/tag.ts";
import { defineVerify } from "./commands/verify.ts";
import { LOG_LEVELS } from "./line-logger.ts";
import { LANES } from "./options.ts";

/** The command line, with every command's options and help. What a command does is loaded when it runs. */
export function createProgram(version: string): Command {
  const program = new Command("tranship")
    .usage("<command> [options]")
    .description("Copies container images and other OCI artifacts between registries and OCI layouts.")
    .version(version, "-V, --version", "print the version")
    .option("--debug", "show the causes of errors (or TRANSHIP_DEBUG=1)")
    .addOption(new Option("--log-level <LEVEL>", "log what registries are asked, on stderr").choices(LOG_LEVELS))
    .addOption(new Option("--lane <LANE>", "carry all bytes one way, to find out what is wrong").choices(LANES))
    .helpOption("-h, --help", "show help, also of a command")
    .hook("preAction", (all, command) => {
      for (const name of ["logLevel", "lane", "debug"]) command.setOptionValue(name, all.opts()[name]);
    })
    .exitOverride()
    // Errors are reported in one place, on one line.
    .configureOutput({ outputError: () => {}, getOutHelpWidth: helpWidth })
    .configureHelp({ subcommandTerm: (command) => command.name() });
  program.commandsGroup("Copy:");
  for (const define of [defineCopy, defineSync, definePlan, defineApply, defineVerify]) define(program);
  program.commandsGroup("Look:");
  for (const define of [defineLs, defineRepos, defineInspect, defineDigest]) define(program);
  program.commandsGroup("Change:");
  for (const define of [defineTag, defineDelete, definePrune, defineBlob, defineManifest]) define(program);
  program.commandsGroup("Registries:");
  for (const define of [defineServe, defineLogin, defineLogout, defineHosts, defineAcr]) define(program);
  program.commandsGroup("More:");
  for (const define of [defineState, defineConvert, defineSchema, defineDemo]) define(program);
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
