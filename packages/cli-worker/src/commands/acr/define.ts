import { type Command, Option } from "commander";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { AcrListFlags } from "./acr-list.ts";
import type { AcrShowFlags } from "./acr-show.ts";
import { defineAcrLock } from "./define-lock.ts";

/** `tranship acr show|list|lock|unlock` */
export function defineAcr(program: Command): void {
  const acr = program
    .command("acr")
    .summary("show and change what Azure Container Registry knows")
    .description("Shows and changes properties of repositories, tags and manifests in Azure Container Registry.");
  addExamples(acr, [
    ["tranship acr show myregistry.azurecr.io/team/app:v1", "a tag: its digest, times and locks"],
    ["tranship acr list myregistry.azurecr.io/team/app --order-by updated", "the manifests, the newest first"],
    ["tranship acr lock myregistry.azurecr.io/team/app:v1", "v1 stays what it is, and stays"],
  ]);
  defineShow(acr);
  defineList(acr);
  defineAcrLock(acr, "lock");
  defineAcrLock(acr, "unlock");
}

function defineShow(acr: Command): void {
  const command = acr
    .command("show")
    .summary("show a repository, a tag or a manifest")
    .description("Shows times, locks and more of a repository, of a tag, or with a digest of a manifest.")
    .argument("<REF>", "HOST/REPOSITORY[:TAG|@DIGEST]")
    .option("--json", "print one JSON document");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship acr show myregistry.azurecr.io/team/app", "a repository"],
    ["tranship acr show myregistry.azurecr.io/team/app:v1", "a tag"],
  ]);
  command.action(async (reference: string, flags: AcrShowFlags) => {
    const { acrShowAction } = await import("./acr-show.ts");
    await interruptible((signal) => acrShowAction(reference, flags, signal));
  });
}

function defineList(acr: Command): void {
  const command = acr
    .command("list")
    .summary("list repositories, or the manifests of one")
    .description(
      "Lists the repositories of a registry; or all manifests of a repository, tagged or not, with tags, size, times and locks.",
    )
    .argument("<REG>", "HOST, or HOST/REPOSITORY")
    .addOption(
      new Option("--order-by <ORDER>", "manifests by their last update: the newest first, or the oldest").choices([
        "updated",
        "updated-asc",
      ]),
    )
    .option("--json", "print one JSON document");
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship acr list myregistry.azurecr.io", "the repositories"],
    ["tranship acr list myregistry.azurecr.io/team/app --order-by updated", "the manifests of one, the newest first"],
  ]);
  command.action(async (place: string, flags: AcrListFlags) => {
    const { acrListAction } = await import("./acr-list.ts");
    await interruptible((signal) => acrListAction(place, flags, signal));
  });
}
