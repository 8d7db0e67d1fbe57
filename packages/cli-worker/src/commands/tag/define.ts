import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { TagFlags } from "./run.ts";

/** `tranship tag SRC NEWTAG` */
export function defineTag(program: Command): void {
  const command = program
    .command("tag")
    .summary("give an image another tag")
    .description("Gives an image another tag in its own repository or layout; no content is transferred.")
    .argument("<SRC>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .argument("<NEWTAG>", "the tag alone")
    .option("-q, --quiet", "print errors only");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [["tranship tag registry.example/team/app:v1.4.2 stable", "stable is v1.4.2 from now on"]]);
  command.action(async (source: string, newTag: string, flags: TagFlags) => {
    const { tagAction } = await import("./run.ts");
    await interruptible((signal) => tagAction(source, newTag, flags, signal));
  });
}
