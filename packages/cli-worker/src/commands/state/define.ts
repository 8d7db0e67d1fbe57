import type { Command } from "commander";
import { addExamples, addRegistryOptions, addStateOption } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { StateClearFlags } from "./state-clear.ts";
import type { StateShowFlags } from "./state-show.ts";

/** `tranship state show|clear` */
export function defineState(program: Command): void {
  const state = program
    .command("state")
    .summary("show or clear what is remembered between runs")
    .description(
      "Shows or clears the state folder: uploads that the next run goes on with, where blobs were seen, how hosts behave, which tags mirrors own. " +
        "Losing it costs time, and mirrors prune nothing until their tags are recorded again; an unfinished repair is then not finished.",
    );
  addExamples(state, [
    ["tranship state", "what is remembered"],
    ["tranship state clear --uploads", "cancel the uploads that were broken off"],
  ]);
  defineShow(state);
  defineClear(state);
}

function defineShow(state: Command): void {
  const command = state
    .command("show", { isDefault: true })
    .summary("show what is remembered (default)")
    .description("Shows sizes, counts and the open uploads; never where those go on, which is a secret.")
    .option("--json", "print one JSON document");
  addStateOption(command);
  command.action(async (flags: StateShowFlags) => {
    const { stateShowAction } = await import("./state-show.ts");
    await stateShowAction(flags);
  });
}

function defineClear(state: Command): void {
  const command = state
    .command("clear")
    .summary("forget what is remembered")
    .description(
      "Forgets parts of what is remembered. Uploads that no process works on are cancelled at their registries; one that can't be is forgotten as well, and expires there.",
    )
    .option("--uploads", "open uploads")
    .option("--blobs", "where blobs were seen, and which mounts were refused")
    .option("--hosts", "what is known of hosts, also what was set")
    .option("--tags", "what tags pointed at")
    .option("--owned", "which tags mirrors own; one that is no longer chosen is then never pruned")
    .option("--repairs", "blobs whose replacement was not finished, and may be missing")
    .option("--spool", "content that was kept on its way")
    .option("--all", "everything");
  addStateOption(command);
  addRegistryOptions(command, { credentials: "none" });
  command.action(async (flags: StateClearFlags) => {
    const { stateClearAction } = await import("./state-clear.ts");
    await interruptible((signal) => stateClearAction(flags, signal));
  });
}
