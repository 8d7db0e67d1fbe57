import type { Command } from "commander";
import { addExamples, addRegistryOptions, addWaitOptions, wholeNumber } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import { IGNORE_BROKEN_TAGS } from "../../results/broken-tags.ts";
import type { PruneFlags } from "./run.ts";

/** `tranship prune REPO` */
export function definePrune(program: Command): void {
  const command = program
    .command("prune")
    .summary("delete old images, keep the newest")
    .description(
      "Deletes the images of a repository or OCI layout that are not among the newest, or are too old; with --keep and " +
        "--older-than those that are both. An image is a digest, whatever number of tags it has, and stays if one of them does. " +
        "What an index lists, referrers and signatures (sha256-….sig) go with it unless something else that stays needs them. " +
        "Nothing is deleted where a list or a manifest could not be read. Right before each few deletions the tags are listed and " +
        "asked for again: what gained or lost a tag meanwhile stays, with all that it needs, and each tag is asked for once more " +
        "right before its manifest is deleted. Blobs are left to the registry's garbage collection.\n" +
        "\n" +
        "An image's age is since its last update in Azure Container Registry (1 request for each 100 manifests, 1 for each " +
        "manifest), elsewhere since it was built, as its annotation or config says (1 request for each tag, each manifest and " +
        "each config, 1 or 2 for each manifest's referrers). Images that nothing dates are kept. Each look before " +
        "deletions costs 1 HEAD for each tag, and there are some 8 of them.",
    )
    .argument("<REPO>", "[docker://]HOST/REPOSITORY or oci:DIR")
    .option("--keep <N>", "keep the N newest images", wholeNumber(1, 1_000_000))
    .option("--older-than <AGE>", "delete only what is older: 12h, 30d, 8w")
    .option("--match <GLOB>", "consider only tags like this; images with another tag are kept")
    .option("--untagged", "delete also what has no tag and belongs to nothing (Azure Container Registry)")
    .option("--unlock", "unlock what is locked, to delete it (Azure Container Registry)")
    .option(...IGNORE_BROKEN_TAGS)
    .option("-n, --dry-run", "only show what would be deleted")
    .option("--json", "print one JSON document")
    .option("-q, --quiet", "print errors only");
  addWaitOptions(command);
  addRegistryOptions(command, { credentials: "one" });
  addExamples(command, [
    ["tranship prune registry.example/team/app --keep 3 --dry-run", "what would go"],
    ["tranship prune registry.example/team/app --keep 10 --older-than 30d", "old ones, but ten stay in any case"],
    ["tranship prune registry.example/team/app --match 'nightly-*' --older-than 2w", "nightly builds alone"],
  ]);
  command.action(async (repository: string, flags: PruneFlags) => {
    const { pruneAction } = await import("./run.ts");
    await interruptible((signal) => pruneAction(repository, flags, signal));
  });
}
