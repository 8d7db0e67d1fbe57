import type { Command } from "commander";
import type { DeleteFlags, GetFlags, PutFlags } from "../../arguments/content-flags.ts";
import { addExamples, addRegistryOptions } from "../../arguments/options.ts";
import { interruptible } from "../../errors/interrupt.ts";

/** `tranship blob put|get|delete` */
export function defineBlob(program: Command): void {
  const blob = program.command("blob").summary("put, get or delete a blob").description("Works on single blobs.");
  addExamples(blob, [
    ["tranship blob put registry.example/team/app layer.tar.gz", "upload a file, print its digest"],
    ["tranship blob get registry.example/team/app@sha256:6c3c… -o layer.tar.gz", "download it"],
  ]);
  const put = blob
    .command("put")
    .summary("upload a file or stdin")
    .description("Uploads a file, or stdin of whatever length, and prints its digest and size in bytes.")
    .argument("<REPO>", "[docker://]HOST/REPOSITORY")
    .argument("[FILE]", "the file; - or nothing for stdin")
    .option("--json", "print digest and size as JSON");
  addRegistryOptions(put, { credentials: "one" });
  addExamples(put, [
    ["tranship blob put registry.example/team/app layer.tar.gz", "a file"],
    ["tar -cz rootfs | tranship blob put registry.example/team/app", "what another program writes"],
  ]);
  put.action(async (repository: string, file: string | undefined, flags: PutFlags) => {
    const { blobPutAction } = await import("./run.ts");
    await interruptible((signal) => blobPutAction(repository, file, flags, signal));
  });
  const get = blob
    .command("get")
    .summary("download a blob")
    .description(
      "Downloads a blob and checks its digest. A file appears when it is whole and right; on stdout the last bytes " +
        "are held back until then, and the exit code is 1 where they are wrong.",
    )
    .argument("<REF>", "[docker://]HOST/REPOSITORY@DIGEST")
    .option("-o, --output <FILE>", "write it to FILE (default: stdout)");
  addRegistryOptions(get, { credentials: "one" });
  addExamples(get, [["tranship blob get registry.example/team/app@sha256:6c3c… -o layer.tar.gz", "into a file"]]);
  get.action(async (reference: string, flags: GetFlags) => {
    const { blobGetAction } = await import("./run.ts");
    await interruptible((signal) => blobGetAction(reference, flags, signal));
  });
  const remove = blob
    .command("delete")
    .summary("delete a blob")
    .description("Deletes a blob, whether images need it or not; some registries can't.")
    .argument("<REF>", "[docker://]HOST/REPOSITORY@DIGEST")
    .option("-q, --quiet", "print errors only");
  addRegistryOptions(remove, { credentials: "one" });
  addExamples(remove, [["tranship blob delete registry.example/team/app@sha256:6c3c…", "one that nothing needs"]]);
  remove.action(async (reference: string, flags: DeleteFlags) => {
    const { blobDeleteAction } = await import("./run.ts");
    await interruptible((signal) => blobDeleteAction(reference, flags, signal));
  });
}
