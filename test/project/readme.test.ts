import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runPeer } from "../peers/run-peer.ts";
import { PACKAGES, WORKSPACE } from "./packages.ts";
import { commandUses, namedFlags, readReadme } from "./readme.ts";

const COMMAND = join(WORKSPACE, PACKAGES.tranship, "bin/tranship.cjs");

describe("README.md", () => {
  let readme: string;
  const helps = new Map<string, string>();

  async function help(command: string): Promise<string> {
    const text = helps.get(command) ?? (await tranship(command === "" ? [] : [command]));
    helps.set(command, text);
    return text;
  }
  async function tranship(args: readonly string[]): Promise<string> {
    return (await runPeer(process.execPath, [COMMAND, ...args, "--help"])).toString();
  }
  /** The commands that the program lists, with a few words each. */
  async function commands(): Promise<readonly string[]> {
    const list = (await help("")).split(/^Locations:$/m)[0] ?? "";
    return [...list.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
  }

  beforeAll(async () => {
    readme = await readReadme();
  });

  it("names every command and no other", async () => {
    const used = new Set(commandUses(readme).map(({ command }) => command));
    for (const pseudo of ["COMMAND", ""]) used.delete(pseudo);
    expect([...used].toSorted()).toEqual((await commands()).toSorted());
  });

  it("shows commands with flags that they have", async () => {
    for (const { command, flags } of commandUses(readme)) {
      if (command === "COMMAND") continue;
      const text = await help(command);
      for (const flag of flags) expect(text).toMatch(new RegExp(`${flag}\\b`));
    }
  });

  it("names flags that some command has", async () => {
    const all = (await Promise.all((await commands()).map(help))).join("\n");
    for (const flag of namedFlags(readme)) expect(all).toMatch(new RegExp(`${flag}\\b`));
  });

  it("names the commands that start and test the workspace as package.json has them", async () => {
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
    const used = [...readme.matchAll(/npx -y (pnpm@\S+) ([a-z]+)/g)];
    expect(used.map(([, manager]) => manager)).toEqual(used.map(() => manifest.packageManager));
    for (const [, , script = ""] of used) expect([...Object.keys(manifest.scripts), "tranship"]).toContain(script);
  });
});
