import type { Command } from "commander";
import {
  addExamples,
  addRegistryOptions,
  addStateOptions,
  addTrafficOptions,
  collectList,
} from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { VerifyFlags } from "./run.ts";

/** `tranship verify SRC DST`, `tranship verify -f FILE` */
export function defineVerify(program: Command): void {
  const command = program
    .command("verify")
    .summary("compare copies with what they were made from")
    .description(
      "Compares an image, a repository or the mirrors of a file with their sources, and says what differs: tags, manifests, blobs, and with --referrers signatures " +
        "and the like. Exit code 3 where something does. With platforms it compares with what a copy of those makes.\n" +
        "\n" +
        "It costs the source 1 HEAD a tag (with platforms 1 GET), the target 1 HEAD a tag, 1 GET for each manifest and 1 HEAD for each blob; with --deep every byte " +
        "of the target is read and hashed. A blob whose length differs is read and hashed before it is reported.\n" +
        "\n" +
        "--repair uploads what is missing. A blob with wrong bytes is deleted first, when its replacement lies on this machine; what is uploaded is read back. " +
        "A run that was killed in between is finished by the next one, unless --no-state is set.",
    )
    .argument("[SRC]", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .argument("[DST]", "the same")
    .option("-f, --file <FILE>", "compare the mirrors of a mirror file; - is stdin")
    .option("-a, --all-tags", "compare every tag of SRC; SRC and DST are repositories")
    .option("-p, --platform <OS/ARCH,…>", "DST was copied with these platforms only (repeatable)", collectList)
    .option("--skip-missing-platforms", "with --platform: SRC may lack some of them")
    .option("--sparse", "with --platform: DST has the index whole, and of what it names these platforms")
    .option("--referrers", "compare signatures, SBOMs and other referrers too")
    .option("--cosign-tags", "compare what cosign keeps under tags made of a digest, sha256-….sig, .att, .sbom")
    .option("--deep", "read and hash the blobs of the target")
    .option("--repair", "upload what is missing or wrong, and nothing else, and read it back")
    .option("--json", "print the result as JSON, after the events of a repair as JSON lines")
    .option("-q, --quiet", "print errors only");
  addTrafficOptions(command);
  addStateOptions(command);
  addRegistryOptions(command, { credentials: "two" });
  addExamples(command, [
    ["tranship verify alpine:3.20 registry.example/mirror/alpine:3.20", "one image"],
    ["tranship verify --all-tags --deep registry.example/app backup.example/app", "a repository, to the byte"],
    ["tranship verify -f mirror.yaml --repair", "mirrors, and mend them"],
  ]);
  command.action(async (source: string | undefined, target: string | undefined, flags: VerifyFlags) => {
    const { verifyAction } = await import("./run.ts");
    await interruptible((signal) => verifyAction({ source, target }, flags, signal));
  });
}
