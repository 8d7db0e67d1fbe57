import type { Command } from "commander";
import type { DeleteFlags, GetFlags } from "../../arguments/content-flags.ts";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";
import type { ManifestPutFlags } from "./run.ts";

/** `tranship manifest put|get|delete` */
export function defineManifest(program: Command): void {
  const manifest = program
    .command("manifest")
    .summary("put, get or delete a manifest")
    .description("Works on single manifests.");
  addExamples(manifest, [
    ["tranship manifest get registry.example/team/app:v1", "its exact bytes"],
    ["tranship manifest put registry.example/team/app:v2 manifest.json", "a file under a tag"],
  ]);
  const put = manifest
    .command("put")
    .summary("put a file or stdin as a manifest")
    .description("Puts a manifest as it is under a tag, or without one under its digest, and prints the digest.")
    .argument("<REF>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .argument("[FILE]", "the file; - or nothing for stdin")
    .option("--media-type <TYPE>", "what it is, where it has no mediaType of its own")
    .option("--json", "print media type, digest and size as JSON");
  addRegistryOptions(put, { credentials: "one" });
  addExamples(put, [
    ["tranship manifest put registry.example/team/app:v1 manifest.json", "a file under a tag"],
    ["tranship manifest get app:v1 | tranship manifest put app:stable", "what another command prints"],
  ]);
  put.action(async (reference: string, file: string | undefined, flags: ManifestPutFlags) => {
    const { manifestPutAction } = await import("./run.ts");
    await interruptible((signal) => manifestPutAction(reference, file, flags, signal));
  });
  const get = manifest
    .command("get")
    .summary("print a manifest, its exact bytes")
    .description("Prints the manifest of a tag or digest, its exact bytes.")
    .argument("<REF>", "[docker://]HOST/REPOSITORY[:TAG|@DIGEST] or oci:DIR[:TAG]")
    .option("-o, --output <FILE>", "write it to FILE (default: stdout)");
  addRegistryOptions(get, { credentials: "one" });
  addExamples(get, [["tranship manifest get alpine:3.20 | sha256sum", "its digest, by another hand"]]);
  get.action(async (reference: string, flags: GetFlags) => {
    const { manifestGetAction } = await import("./run.ts");
    await interruptible((signal) => manifestGetAction(reference, flags, signal));
  });
  const remove = manifest
    .command("delete")
    .summary("delete a manifest with all its tags")
    .description(
      "Deletes a manifest and every tag that points at it, also where one tag names it; `tranship delete` removes a tag alone.",
    )
    .argument("<REF>", "[docker://]HOST/REPOSITORY:TAG or @DIGEST, or oci:DIR:TAG")
    .option("-q, --quiet", "print errors only");
  addRegistryOptions(remove, { credentials: "one" });
  addExamples(remove, [
    ["tranship manifest delete registry.example/team/app:v1", "v1, and all tags of the same image"],
  ]);
  remove.action(async (reference: string, flags: DeleteFlags) => {
    const { manifestDeleteAction } = await import("./run.ts");
    await interruptible((signal) => manifestDeleteAction(reference, flags, signal));
  });
}
