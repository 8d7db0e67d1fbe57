#!/usr/bin/env node
// CommonJS: Node starts it sooner than an ES module, and an old one parses it, to say in words what it is.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const NEEDED = 24;
/** What help is wrapped to, on a narrower terminal to that: see src/program.ts. */
const HELP_COLUMNS = 80;

const args = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8"));
const text = args[0] === "--version" || args[0] === "-V" ? `${version}\n` : helpText();

if (text !== undefined) print(text);
else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `tranship: Node.js ${NEEDED} or newer is needed, this is ${process.versions.node} (${process.execPath})`,
  );
  process.exitCode = 2;
} else {
  require("node:module").enableCompileCache();
  import("../dist/command/main.js").then(async ({ run }) => {
    process.exitCode = await run(args, version);
  });
}

/** The help that the build wrote down, so that nothing has to be loaded to show it; undefined where something else is asked for. */
function helpText() {
  const names = args[0] === "help" ? args.slice(1) : args.slice(0, -1);
  const last = args[args.length - 1];
  if (args[0] !== "help" && last !== "--help" && last !== "-h") return undefined;
  if (names.some((name) => name.startsWith("-")) || process.stdout.columns < HELP_COLUMNS) return undefined;
  const texts = JSON.parse(readFileSync(join(__dirname, "../dist/command/help.json"), "utf8"));
  return Object.hasOwn(texts, names.join(" ")) ? texts[names.join(" ")] : undefined;
}

/** As the rest of the command does it: a closed pipe is no news, a full disk is. */
function print(text) {
  process.stdout.on("error", (error) => {
    process.exitCode = error.code === "EPIPE" ? 141 : 1;
    if (error.code !== "EPIPE") {
      console.error(`tranship: Cannot write the result: ${error.message.replace(/^[A-Z0-9]+: (.*), write$/, "$1")}`);
    }
  });
  process.stdout.write(text);
}
