import type { Command } from "commander";
import type { ServeFlags } from "../actions/serve.ts";
import { Interrupted, interruptible } from "../interrupt.ts";
import { addExamples, collect, wholeNumber } from "../options.ts";

/** `tranship serve DIR` */
export function defineServe(program: Command): void {
  const command = program
    .command("serve")
    .summary("serve a folder as a registry")
    .description(
      "Serves an OCI layout, a folder of OCI layouts, or an empty folder as a registry, until Ctrl-C.\n" +
        "It asks for no credentials: bind it to another address than 127.0.0.1 only where everybody may read it.",
    )
    .argument("<DIR>", "the folder")
    .option("--port <N>", "port to listen at; 0 for a free one", wholeNumber(0, 65_535), 5000)
    .option("--host <ADDRESS>", "address to listen at", "127.0.0.1")
    .option(
      "--allowed-host <NAME>",
      "serve requests for this host too, such as the name of a proxy (repeatable)",
      collect,
    )
    .option("--writable", "take pushes, tags and deletes")
    .option("--anonymous-write", "let everybody write who reaches --host, where that is not a loopback address")
    .option("-q, --quiet", "print errors only");
  addExamples(command, [
    ["tranship serve /mnt/usb/images", "an OCI layout, read only"],
    ["tranship serve --writable --port 5001 /srv/registry", "a registry to push to"],
  ]);
  command.action(async (directory: string, flags: ServeFlags) => {
    const { serveAction } = await import("../actions/serve.ts");
    try {
      await interruptible((signal) => serveAction(directory, flags, signal));
    } catch (error) {
      // Ctrl-C is how a server ends.
      if (!(error instanceof Interrupted)) throw error;
    }
  });
}
