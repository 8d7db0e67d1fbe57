import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { InspectFlags } from "./run.ts";

/** `tranship inspect REF` */
export function defineInspect(program: Command): void {
  const command = program
    .command("inspect")
    .summary("show an image: platforms, config, layers")
    .description("Shows the platforms of an index, or the config and layers of an image.")
    .argument("<REF>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .option("-p, --platform <OS/ARCH>", "the image of this platform")
    .option("--raw", "print the manifest, its exact bytes")
    .option("--json", "print one JSON document");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship inspect alpine:3.20", "the platforms that there are"],
    ["tranship inspect --platform linux/arm64 alpine:3.20", "config and layers of one"],
    ["tranship inspect --raw alpine:3.20 | sha256sum", "its digest, by another hand"],
  ]);
  command.action(async (reference: string, flags: InspectFlags) => {
    const { inspectAction } = await import("./run.ts");
    await interruptible((signal) => inspectAction(reference, flags, signal));
  });
}
