import type { Command } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { AcrLockFlags } from "./acr-lock.ts";

const TEXTS = {
  lock: {
    summary: "forbid writing and deleting",
    description:
      "Forbids writing and deleting of a repository, a tag or a manifest, or just what is named. A tag and its manifest have locks of their own; what can't be written can't be deleted either.",
    verb: "forbid",
    done: "v1 stays what it is, and stays",
  },
  unlock: {
    summary: "allow writing and deleting again",
    description: "Allows writing and deleting of a repository, a tag or a manifest, or just what is named.",
    verb: "allow",
    done: "v1 may be moved and deleted again",
  },
} as const;

/** `tranship acr lock REF`, `tranship acr unlock REF` */
export function defineAcrLock(acr: Command, name: "lock" | "unlock"): void {
  const { summary, description, verb, done } = TEXTS[name];
  const command = acr
    .command(name)
    .summary(summary)
    .description(description)
    .argument("<REF>", "HOST/REPOSITORY[:TAG|@DIGEST]")
    .option("--write", `${verb} to change it (default: writing and deleting)`)
    .option("--delete", `${verb} to delete it`)
    .option("--list", `${verb} to list it`)
    .option("--read", `${verb} to pull it`)
    .option("--json", "print its properties as JSON")
    .option("-q, --quiet", "print errors only");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    [`tranship acr ${name} myregistry.azurecr.io/team/app:v1`, done],
    [`tranship acr ${name} myregistry.azurecr.io/team/app --delete`, "the repository, deleting alone"],
  ]);
  command.action(async (reference: string, flags: AcrLockFlags) => {
    const { acrLockAction } = await import("./acr-lock.ts");
    await interruptible((signal) => acrLockAction(reference, { allow: name === "unlock", flags }, signal));
  });
}
