import type { Command } from "commander";
import type { DeleteFlags } from "../../arguments/content-flags.ts";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import { type BrokenTagsFlags, IGNORE_BROKEN_TAGS } from "../../results/broken-tags.ts";

/** `tranship delete REF` */
export function defineDelete(program: Command): void {
  const command = program
    .command("delete")
    .summary("delete a tag, or an image by its digest")
    .description(
      "Deletes a tag and nothing else; refused where the registry could only delete other tags with it.\n" +
        "By digest the image is deleted with every tag that it has. Blobs are left to the registry's garbage collection.",
    )
    .argument("<REF>", "[docker://]HOST/REPOSITORY:TAG or @DIGEST, or oci:DIR:TAG")
    .option(...IGNORE_BROKEN_TAGS)
    .option("-q, --quiet", "print errors only");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship delete registry.example/team/app:old", "a tag"],
    ["tranship delete registry.example/team/app@sha256:6c3c…", "an image with all its tags"],
  ]);
  command.action(async (reference: string, flags: DeleteFlags & BrokenTagsFlags) => {
    const { deleteAction } = await import("./run.ts");
    await interruptible((signal) => deleteAction(reference, flags, signal));
  });
}
