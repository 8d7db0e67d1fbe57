import { type Command, InvalidArgumentError } from "commander";
import { addMirrorOptions, addRunOptions } from "../../arguments/mirror-options.ts";
import { addExamples, addRegistryOptions, collect } from "../../arguments/options.ts";
import { Interrupted, interruptible } from "../../errors/interrupt.ts";
import type { SyncFlags } from "./run.ts";
import type { WatchFlags } from "./watch.ts";

/** `tranship sync -f FILE` */
export function defineSync(program: Command): void {
  const command = program
    .command("sync")
    .summary("keep repositories in step, as a mirror file says")
    .description(
      "Keeps the mirrors of a file in step: plans and copies at the same time. One image that fails fails no other; what failed is said at the end, with exit code 1. " +
        "Where nothing has changed it costs a list of tags a side, and 1 HEAD a side for each tag; immutable tags and lists with digests (Azure, Google) cost none, and --trust-journal saves those to the source.\n" +
        "\n" +
        "With --watch it goes on until it is ended: at once, and then whenever the cron expression is due. Runs never overlap; a file that has changed is read again, and one that is broken changes nothing.",
    );
  addMirrorOptions(command).option("-n, --dry-run", "only show the plan");
  addRunOptions(command);
  command
    .optionsGroup("Watch:")
    .option(
      "--watch [CRON]",
      'run by a schedule of five fields, local time, such as "0 3 * * *" (default: the file\'s)',
    )
    .option("--no-first-run", "begin when it is due, not at once")
    .option(
      "--health <[HOST:]PORT>",
      "answer GET /healthz, /livez and /metrics there (default host: 127.0.0.1)",
      address,
    )
    .option(
      "--allowed-host <NAME>",
      "answer --health for this host too, not only for addresses and localhost (repeatable)",
      collect,
    );
  addRegistryOptions(command, { credentials: "none" });
  addExamples(command, [
    ["tranship sync -f mirror.yaml", "every mirror of the file"],
    ["tranship sync -f mirror.yaml --dry-run", "what it would do"],
    ["tranship sync -f mirror.yaml --trust-journal 24h", "ask the source for each tag once a day at most"],
    [
      'tranship sync -f mirror.yaml --watch "*/15 * * * *" --health 0.0.0.0:8080',
      "in a container, every quarter of an hour",
    ],
  ]);
  command.action(async (flags: SyncFlags) => {
    const { watch } = flags;
    if (watch !== undefined) return watched({ ...flags, watch });
    const { syncAction } = await import("./run.ts");
    await interruptible((signal) => syncAction(flags, signal));
  });
}

/** A watch that is ended between two runs ends well. */
async function watched(flags: WatchFlags): Promise<void> {
  const { watchAction } = await import("./watch.ts");
  let idle = false;
  try {
    await interruptible(async (signal) => {
      await watchAction(flags, signal);
      idle = true;
    });
  } catch (error) {
    if (!idle || !(error instanceof Interrupted)) throw error;
  }
}

/** The parser of an address to listen at. */
function address(value: string): NonNullable<SyncFlags["health"]> {
  const [, , bracketed, plain, digits = ""] = /^((?:\[([^\]]+)\]|([^:]+)):)?([0-9]{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535)
    throw new InvalidArgumentError("Expected a port, or HOST:PORT, such as 8080 or 0.0.0.0:8080.");
  return { host: bracketed ?? plain ?? "127.0.0.1", port };
}
