import { type Command, Option } from "commander";
import { addMirrorOptions } from "../../arguments/mirror-options.ts";
import { addExamples, addRegistryOptions, addRequestOptions, addStateOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { PlanFlags } from "./run.ts";

/** `tranship plan -f FILE` */
export function definePlan(program: Command): void {
  const command = program
    .command("plan")
    .summary("find out what a mirror file's sync would do")
    .description(
      "Finds out what keeps the mirrors of a file in step, and changes nothing: what is copied, mounted, retagged, left alone; bytes and requests for each host; " +
        "the cost in Docker Hub's quota; what could not be found out. `tranship apply` does exactly what the plan says.\n" +
        "\n" +
        "It costs a list of tags a side and 1 HEAD a side for each tag that both have, but nothing for immutable ones and where the lists bring digests (Azure, Google); " +
        "1 GET for each manifest of what is to be copied, none at Docker Hub, where that would count against the quota.",
    );
  addMirrorOptions(command)
    .option("-o, --output <FILE>", "write the plan to FILE as JSON; - is stdout")
    .option("--sign-key <FILE>", "sign the plan with this private key of SSH, into the plan's FILE.sig")
    .addOption(
      new Option(
        "--depth <WHAT>",
        "read the manifests of what is to be copied: content, from every host; uncounted, but from those that count it (default); tags, from none",
      ).choices(["content", "uncounted", "tags"]),
    )
    .option("--json", "print the plan as JSON")
    .option("-q, --quiet", "print errors only");
  addStateOptions(addRequestOptions(command));
  addRegistryOptions(command, { credentials: "none" });
  addExamples(command, [
    ["tranship plan -f mirror.yaml", "what a sync would do"],
    ["tranship plan -f mirror.yaml -o plan.json && tranship apply plan.json", "written down, and done"],
  ]);
  command.action(async (flags: PlanFlags) => {
    const { planAction } = await import("./run.ts");
    await interruptible((signal) => planAction(flags, signal));
  });
}
