import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { helpTexts } from "../../packages/cli-worker/src/arguments/help-texts.ts";
import { createProgram } from "../../packages/cli-worker/src/program.ts";
import { refusingModules } from "../support/refusing-modules.ts";
import { COMMAND } from "./run-command.ts";
import { Workbench } from "./workbench.ts";

const NETWORK = "undici|node:(http|https|net|tls|dns)$|/engine-";
const COMMANDS = createProgram("0").commands.map((command) => command.name());

describe("tranship --version", () => {
  it("prints the package's version and loads nothing but the launcher", async () => {
    await using bench = await Workbench.open();
    const { version } = JSON.parse(await readFile(new URL("../package.json", `file://${COMMAND}`), "utf8"));
    for (const flag of ["--version", "-V"]) {
      const run = await bench.run([flag], { env: refusingModules("/dist/|/node_modules/") });
      expect(run).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    }
  });
});

describe("tranship --help", () => {
  it("shows every command with its summary, without loading the network", async () => {
    await using bench = await Workbench.open();
    const run = await bench.run(["--help"], { env: refusingModules(NETWORK) });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    for (const name of COMMANDS) expect(run.stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  });

  it.each(COMMANDS.filter((name) => name !== "help"))(
    "shows examples of %s, without loading the network",
    async (name) => {
      await using bench = await Workbench.open();
      const run = await bench.run([name, "--help"], { env: refusingModules(NETWORK) });
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).toMatch(new RegExp(`Examples:\n  # .+\n  \\$ .*tranship ${name}`));
    },
  );

  it("is written down by the build as the program says it, for every command", async () => {
    await using bench = await Workbench.open();
    const file = new URL("../dist/command/help.json", `file://${COMMAND}`);
    const written: Readonly<Record<string, string>> = JSON.parse(await readFile(file, "utf8"));
    expect(written).toEqual(helpTexts(createProgram("0")));
    for (const args of [
      ["copy", "--help"],
      ["copy", "-h"],
      ["help", "copy"],
    ]) {
      const run = await bench.run(args, { env: refusingModules("/dist/|/node_modules/") });
      expect(run).toEqual({ code: 0, stdout: written["copy"], stderr: "" });
    }
    // Not one of those that the launcher knows: the program itself answers.
    expect(await bench.run(["--debug", "copy", "--help"])).toEqual({ code: 0, stdout: written["copy"], stderr: "" });
  });

  it("is what a bare tranship shows, on stderr and with exit 2", async () => {
    await using bench = await Workbench.open();
    expect(await bench.run([])).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("Usage: tranship") });
  });
});

describe("tranship copy", () => {
  it("loads no library that only mirror files need", async () => {
    const libraries = /"ZodError"|\bSemVer\b|\bYAMLError\b/;
    expect(await loadedFor("copy")).not.toMatch(libraries);
    // What is looked for is what there is.
    expect(await loadedFor("sync")).toMatch(libraries);
  });

  it("loads none of Node's modules that are seldom needed", async () => {
    await using bench = await Workbench.open();
    const loaded = `process.on("exit", () => process.stdout.write(JSON.stringify(process.moduleLoadList)))`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(loaded)}` };
    const { stdout } = await bench.run(["copy", "--retries", "0", "127.0.0.1:1/app:a", "127.0.0.1:1/app:b"], { env });
    // As an ES module, node:util would have the last one loaded; node:http all of undici.
    for (const name of ["child_process", "internal/util/diff", "internal/deps/undici/undici"])
      expect(stdout).not.toContain(`"NativeModule ${name}"`);
    // What is looked for is what there is.
    expect(stdout).toContain('"NativeModule net"');
  });

  it("loads files in ASCII, which Node reads in a tenth of the time", async () => {
    for (const action of ["copy", "sync", "serve"]) expect(await loadedFor(action), action).toMatch(/^[\0-\x7f]*$/);
  });

  it("loads no cloud's SDK", async () => {
    const sdks = /node_modules\/@(?:aws-sdk|azure|smithy)\/|node_modules\/google-auth-library\//;
    for (const action of ["copy", "sync", "verify"]) expect(sdks.test(await loadedFor(action)), action).toBe(false);
    const bundle = new URL("../dist/command/", `file://${COMMAND}`);
    const files = (await readdir(bundle)).filter((name) => name.endsWith(".js"));
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, bundle), "utf8")));
    // What is looked for is what there is.
    expect(texts.some((text) => sdks.test(text))).toBe(true);
  });
});

/** The text of the bundle's files that are loaded before a command begins: the action's, what it imports, what that imports. */
async function loadedFor(action: string): Promise<string> {
  const bundle = new URL("../dist/command/", `file://${COMMAND}`);
  const texts = new Map<string, string>();
  const load = async (name: string): Promise<void> => {
    if (texts.has(name)) return;
    const text = await readFile(new URL(name, bundle), "utf8");
    texts.set(name, text);
    for (const [, imported = ""] of text.matchAll(/^import\b.* ?"\.\/([^"]+)";$/gm)) await load(imported);
  };
  await load("main.js");
  const [, chunk] = new RegExp(`import\\("\\./(${action}-[\\w-]{8}\\.js)"\\)`).exec(texts.get("main.js") ?? "") ?? [];
  if (chunk === undefined) throw new Error(`The bundle loads nothing for "${action}"`);
  await load(chunk);
  return [...texts.values()].join("\n");
}

describe("tranship demo", () => {
  it("mirrors, does nothing the second time, verifies, and leaves nothing behind", async () => {
    await using bench = await Workbench.open();
    const run = await bench.run(["demo"], { env: { TMPDIR: bench.folder, NODE_DISABLE_COMPILE_CACHE: "1" } });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/Mirror it again: nothing to do\.\n.*\n +content +unchanged, nothing moved/);
    expect(run.stdout).toMatch(/verified +\d+ objects/);
    expect(await bench.entries()).toEqual([]);
  });
});

describe("TRANSHIP_DEBUG", () => {
  it("shows causes and stacks below the line", async () => {
    await using bench = await Workbench.open();
    const run = await bench.run(["ls", "127.0.0.1:1/app"], { env: { TRANSHIP_DEBUG: "1" } });
    expect(run.stderr).toMatch(/^tranship: Cannot list .*\n[\s\S]*ECONNREFUSED/);
    const flag = await bench.run(["ls", "--debug", "127.0.0.1:1/app"]);
    expect(flag.stderr).toContain("ECONNREFUSED");
  });
});
