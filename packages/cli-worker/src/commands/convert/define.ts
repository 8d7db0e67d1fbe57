import { type Command, Option } from "commander";
import { addExamples } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { ConvertFlags } from "./run.ts";

/** `tranship convert FILE…` */
export function defineConvert(program: Command): void {
  const command = program
    .command("convert")
    .summary("make a mirror file of another tool's")
    .description(
      "Reads a file of regsync, skopeo sync, image-syncer or dregsy and prints a mirror file; on stderr, with its line, what could not be " +
        "carried over. Passwords are not copied: variables of the environment take their place.",
    )
    .argument("<FILE...>", "the file; for image-syncer also its two, of credentials and of images; - for stdin")
    .addOption(
      new Option("--format <TOOL>", "whose file it is (default: by its form)").choices([
        "regsync",
        "skopeo",
        "image-syncer",
        "dregsy",
      ]),
    )
    .option(
      "--to <HOST/NAMESPACE>",
      "where images without a target go, as in skopeo's file (default: the variable TARGET)",
    );
  addExamples(command, [
    ["tranship convert regsync.yml > mirror.yaml", "from regsync"],
    ["tranship convert auth.json images.json > mirror.yaml", "from image-syncer"],
    ["tranship convert --to registry.example/mirror sync.yaml > mirror.yaml", "from skopeo sync"],
  ]);
  command.action(async (files: readonly string[], flags: ConvertFlags) => {
    const { convertAction } = await import("./run.ts");
    await interruptible((signal) => convertAction(files, flags, signal));
  });
}
