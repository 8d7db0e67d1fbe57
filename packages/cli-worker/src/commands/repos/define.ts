import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { ListFlags } from "./run.ts";

/** `tranship repos HOST` */
export function defineRepos(program: Command): void {
  const command = program
    .command("repos")
    .summary("list the repositories of a registry")
    .description("Lists the repositories of a registry, one a line; not every registry has a catalogue of them.")
    .argument("<HOST>", "HOST[:PORT], or oci:DIR for a folder as `tranship serve` offers it")
    .option("--json", "print one JSON document");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship repos localhost:5000", "of a registry"],
    ["tranship repos oci:/srv/registry", "of a folder of OCI layouts"],
  ]);
  command.action(async (host: string, flags: ListFlags) => {
    const { listRepositoriesAction } = await import("./run.ts");
    await interruptible((signal) => listRepositoriesAction(host, flags, signal));
  });
}
