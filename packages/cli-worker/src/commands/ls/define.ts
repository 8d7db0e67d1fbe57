import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { ListFlags } from "./run.ts";

/** `tranship ls REPO` */
export function defineLs(program: Command): void {
  const command = program
    .command("ls")
    .summary("list the tags of a repository")
    .description("Lists the tags of a repository or of an OCI layout, one a line.")
    .argument("<REPO>", "[docker://]HOST/REPOSITORY or oci:DIR")
    .option("--json", "print one JSON document");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship ls registry.example/team/app", "of a repository"],
    ["tranship ls oci:/mnt/usb/images", "of an OCI layout"],
  ]);
  command.action(async (repository: string, flags: ListFlags) => {
    const { listTagsAction } = await import("./run.ts");
    await interruptible((signal) => listTagsAction(repository, flags, signal));
  });
}
