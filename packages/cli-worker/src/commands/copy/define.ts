import type { Command } from "commander";
import {
  addDeadlineOption,
  addExamples,
  addRegistryOptions,
  addReportOption,
  addStateOptions,
  addTrafficOptions,
  collectList,
  wholeNumber,
} from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { CopyFlags } from "./run.ts";

/** `tranship copy SRC DST…` */
export function defineCopy(program: Command): void {
  const command = program
    .command("copy")
    .summary("copy an image, or all tags of a repository")
    .description(
      "Copies an image to one or several targets: content first, the tag last; what a target has is not sent.\n" +
        "A registry's SRC or DST without a tag means latest; oci:DIR without a tag is its only image, and as a target an untagged one.",
    )
    .argument("<SRC>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]; DIR has no colon")
    .argument("<DST...>", "the same")
    .option("-a, --all-tags", "copy every tag; SRC and DST are repositories")
    .option("-p, --platform <OS/ARCH,…>", "copy these platforms only (repeatable)", collectList)
    .option("--skip-missing-platforms", "with --platform: copy those that the image has, if it lacks some of them")
    .option(
      "--sparse",
      "with --platform: keep the index as it is; most registries refuse one of which something is missing",
    )
    .option("--referrers", "copy signatures, SBOMs and other referrers too")
    .option("--cosign-tags", "copy what cosign keeps under tags made of a digest, sha256-….sig, .att, .sbom")
    .option("--no-clobber", "leave tags alone that a target has")
    .option("--digestfile <FILE>", "write the digest of the target's manifest to FILE")
    .option("--json", "print events and the result as JSON lines")
    .option("-q, --quiet", "print errors only");
  addDeadlineOption(addTrafficOptions(command)).option(
    "--blobs <N>",
    "big blobs in flight (default: 8)",
    wholeNumber(1, 1000),
  );
  addStateOptions(addReportOption(command));
  addRegistryOptions(command, { credentials: "two" });
  addExamples(command, [
    ["tranship copy docker.io/library/alpine:3.20 registry.example/mirror/alpine:3.20", "one image, all its platforms"],
    ["tranship copy alpine:3.20 oci:/mnt/usb/images:alpine", "from Docker Hub to an OCI layout"],
    ["tranship copy --all-tags quay.io/team/app registry.example/team/app", "a whole repository"],
    ["tranship copy --platform linux/amd64,linux/arm64 alpine:3.20 localhost:5000/alpine:3.20", "two platforms of it"],
    ["tranship copy r.example/app:v1 eu.example/app:v1 us.example/app:v1", "to several targets"],
  ]);
  command.action(async (source: string, targets: readonly string[], flags: CopyFlags) => {
    const { copyAction } = await import("./run.ts");
    await interruptible((signal) => copyAction(source, targets, flags, signal));
  });
}
