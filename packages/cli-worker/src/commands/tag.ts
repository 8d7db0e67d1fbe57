import type { Command } from "commander";
import type { TagFlags } from "../actions/tag.ts";
import { interruptible } from "../interrupt.ts";
import { addExamples, addRegistryOptions } from "../options.ts";

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
    const { tagAction } = await import("../actions/tag.ts");
    await interruptible((signal) => tagAction(source, newTag, flags, signal));
  });
}
