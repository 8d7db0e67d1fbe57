import type { Command } from "commander";
import { addRunOptions } from "../../arguments/mirror-options.ts";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import { IGNORE_BROKEN_TAGS } from "../../results/broken-tags.ts";
import type { ApplyFlags } from "./run.ts";

/** `tranship apply PLAN` */
export function defineApply(program: Command): void {
  const command = program
    .command("apply")
    .summary("do exactly what a plan says")
    .description(
      "Copies the digests that a plan names. A source's tag that has moved since changes nothing, and is reported; a digest that is gone fails; a target's tag that is neither as it " +
        "was planned nor done already is refused. It may be run again, after a kill too: what is done costs 1 HEAD.",
    )
    .argument("<PLAN>", "the plan's file; - is stdin")
    .option(
      "-f, --file <FILE>",
      "the mirror file: its hosts' credentials, certificates and limits are used, and a plan that does what it does not name is refused",
    )
    .option("--verify-key <FILE>", "do only a plan whose PLAN.sig is by one of these public keys of SSH")
    .option("--allow-target-moved", "move tags at the target whatever they stand for now")
    .option(...IGNORE_BROKEN_TAGS);
  addRunOptions(command);
  addRegistryOptions(command, { credentials: "none" });
  addExamples(command, [
    ["tranship apply plan.json", "what tranship plan -o plan.json has written"],
    ["tranship apply plan.json -f mirror.yaml", "with the credentials of the mirror file"],
  ]);
  command.action(async (plan: string, flags: ApplyFlags) => {
    const { applyAction } = await import("./run.ts");
    await interruptible((signal) => applyAction(plan, flags, signal));
  });
}
