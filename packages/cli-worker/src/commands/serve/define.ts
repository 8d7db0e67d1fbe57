import { type Command, InvalidArgumentError } from "commander";
import { minRate } from "../../arguments/bounds.ts";
import { addExamples, bytes, collect, duration, wholeNumber } from "../../arguments/options.ts";
import { Interrupted, interruptible } from "../../errors/interrupt.ts";
import type { ServeFlags } from "./run.ts";

/** `tranship serve DIR` */
export function defineServe(program: Command): void {
  const command = program
    .command("serve")
    .summary("serve a folder as a registry")
    .description(
      "Serves an OCI layout, a folder of OCI layouts, or an empty folder as a registry, until Ctrl-C.\n" +
        "Without --htpasswd it asks for no credentials: bind it to another address than 127.0.0.1 only where everybody may read it.",
    )
    .argument("<DIR>", "the folder")
    .option("--port <N>", "port to listen at; 0 for a free one", wholeNumber(0, 65_535), 5000)
    .option("--host <ADDRESS>", "address to listen at", "127.0.0.1")
    .option("--writable", "take pushes, tags and deletes")
    .option("-q, --quiet", "print errors only")
    .optionsGroup("Access:")
    .option("--htpasswd <FILE>", "ask for a user and password of FILE, which htpasswd -B writes (bcrypt)")
    .option("--anonymous-write", "let everybody write who reaches --host, where that is not a loopback address")
    .option("--tls-cert <FILE>", "speak TLS with this certificate and its chain (PEM)")
    .option("--tls-key <FILE>", "the key of --tls-cert (PEM)")
    .option(
      "--allowed-host <NAME>",
      "serve requests for this host too, such as the name of a proxy (repeatable)",
      collect,
    )
    .optionsGroup("Limits:")
    .option("--max-connections <N>", "connections at once (default: 1000)", wholeNumber(1, 1_000_000))
    .option("--max-uploads <N>", "uploads that are not complete (default: 1000)", wholeNumber(1, 1_000_000))
    .option("--upload-age <TIME>", "remove uploads that nobody continues for so long (default: 7d)", duration)
    .option("--max-size <SIZE>", "bytes of all files in the folder, such as 500GB (default: no limit)", sizeAbove0)
    .option(
      "--min-rate <SIZE[/SECONDS]>",
      "cut off clients that send or take bytes more slowly, per second; 0 never does (default: 1kB/60)",
      minRate,
    );
  addExamples(command, [
    ["tranship serve /mnt/usb/images", "an OCI layout, read only"],
    ["tranship serve --writable --port 5001 /srv/registry", "a registry to push to"],
    [
      "tranship serve --writable --host 0.0.0.0 --htpasswd users --tls-cert cert.pem --tls-key key.pem /srv/registry",
      "for other machines, with a password",
    ],
  ]);
  command.action(async (directory: string, flags: ServeFlags) => {
    const { serveAction } = await import("./run.ts");
    try {
      await interruptible((signal) => serveAction(directory, flags, signal));
    } catch (error) {
      // Ctrl-C is how a server ends.
      if (!(error instanceof Interrupted)) throw error;
    }
  });
}

/** The parser of a size: `10MB`. */
function sizeAbove0(value: string): number {
  const size = bytes(value);
  if (size > 0) return size;
  throw new InvalidArgumentError("Expected a size above 0, such as 500GB.");
}
