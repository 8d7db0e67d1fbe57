import type { Command } from "commander";
import { addExamples, addStateOption } from "../../arguments/options.ts";
import type { HostsFlags } from "./run.ts";

/** `tranship hosts list|show|set|forget` */
export function defineHosts(program: Command): void {
  const hosts = program
    .command("hosts")
    .summary("show or set how registries behave")
    .description(
      "Shows what was learned of registries, and sets what is known better. What is set wins, and stays until it is forgotten.\n" +
        "Facts: existence, upload, maxBody, minChunk, resume, checksDigest, singlePost, replacesBlobs, referrers, " +
        "manifestHead, tagDetails, holdsSparse.",
    );
  addExamples(hosts, [
    ["tranship hosts", "everything that is known"],
    ["tranship hosts set registry.example maxBody=100MB upload=chunks", "behind a proxy that takes 100 MB"],
    ["tranship hosts forget registry.example", "learn it anew"],
  ]);
  const list = hosts
    .command("list", { isDefault: true })
    .summary("show what is known of every host (default)")
    .description("Shows what is known of every host.");
  define(list, "list", []);
  const show = hosts
    .command("show")
    .summary("show what is known of a host")
    .description("Shows what is known of a host.")
    .argument("<HOST>", "HOST or HOST:PORT");
  define(show, "show", []);
  const set = hosts
    .command("set")
    .summary("set facts about a host")
    .description("Sets facts about a host; they stay until they are forgotten.")
    .argument("<HOST>", "HOST or HOST:PORT")
    .argument("<FACT=VALUE...>", "maxBody=100MB, resume=none, …");
  define(set, "set", [["tranship hosts set registry.example resume=none", "never go on inside a blob there"]]);
  const forget = hosts
    .command("forget")
    .summary("forget what is known of a host")
    .description("Forgets facts about a host, also those that were set; without FACT all of them.")
    .argument("<HOST>", "HOST or HOST:PORT")
    .argument("[FACT...]", "maxBody, resume, …");
  define(forget, "forget", []);
}

function define(
  command: Command,
  task: "list" | "show" | "set" | "forget",
  examples: readonly (readonly [string, string])[],
): void {
  command.option("--json", "print one JSON document");
  addStateOption(command);
  if (examples.length > 0) addExamples(command, examples);
  command.action(async (...given: readonly unknown[]) => {
    const { hostsAction } = await import("./run.ts");
    const [host, facts] = given.slice(0, -2) as [string | undefined, readonly string[] | undefined];
    await hostsAction(task, { host, facts }, given.at(-2) as HostsFlags);
  });
}
