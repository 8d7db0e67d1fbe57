import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { DigestFlags } from "./run.ts";

/** `tranship digest REF` */
export function defineDigest(program: Command): void {
  const command = program
    .command("digest")
    .summary("print the digest of an image")
    .description("Prints the digest that a reference stands for; one HEAD request.")
    .argument("<REF>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .option("-p, --platform <OS/ARCH>", "of the image of this platform")
    .option("--json", "print media type, digest and size as JSON");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship digest registry.example/team/app:v1", "of an image or index"],
    ["tranship digest --platform linux/arm64 alpine:3.20", "of one platform's image"],
  ]);
  command.action(async (reference: string, flags: DigestFlags) => {
    const { digestAction } = await import("./run.ts");
    await interruptible((signal) => digestAction(reference, flags, signal));
  });
}
