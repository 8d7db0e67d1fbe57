import type { Command } from "commander";
import type { SyncFlags } from "../actions/sync.ts";
import { interruptible } from "../interrupt.ts";
import { addExamples, addRegistryOptions } from "../options.ts";
import { addMirrorOptions, addRunOptions } from "./mirror-options.ts";

/** `tranship sync -f FILE` */
export function defineSync(program: Command): void {
  const command = program
    .command("sync")
    .summary("keep repositories in step, as a mirror file says")
    .description(
      "Keeps the mirrors of a file in step: plans and copies at the same time. One image that fails fails no other; what failed is said at the end, with exit code 1. " +
        "Where nothing has changed it costs a list of tags a side, and 1 HEAD a side for each tag; immutable tags and lists with digests (Azure, Google) cost none, and --trust-journal saves those to the source.",
    );
  addMirrorOptions(command).option("-n, --dry-run", "only show the plan");
  addRunOptions(command);
  addRegistryOptions(command, { credentials: "none" });
  addExamples(command, [
    ["tranship sync -f mirror.yaml", "every mirror of the file"],
    ["tranship sync -f mirror.yaml --dry-run", "what it would do"],
    ["tranship sync -f mirror.yaml --trust-journal 24h", "ask the source for each tag once a day at most"],
  ]);
  command.action(async (flags: SyncFlags) => {
    const { syncAction } = await import("../actions/sync.ts");
    await interruptible((signal) => syncAction(flags, signal));
  });
}
