#!/usr/bin/env node
// This file runs on whatever Node is there: it must parse on an old one, to say so in words.
import { readFileSync } from "node:fs";
import module from "node:module";
import process from "node:process";

const NEEDED = 24;
const version = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

if (process.argv[2] === "--version" || process.argv[2] === "-V") {
  // As the rest of the command does it: a closed pipe is no news, a full disk is.
  process.stdout.on("error", (error) => {
    process.exitCode = error.code === "EPIPE" ? 141 : 1;
    if (error.code !== "EPIPE") {
      console.error(`tranship: Cannot write the result: ${error.message.replace(/^[A-Z0-9]+: (.*), write$/, "$1")}`);
    }
  });
  process.stdout.write(`${version}\n`);
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `tranship: Node.js ${NEEDED} or newer is needed, this is ${process.versions.node} (${process.execPath})`,
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  const { run } = await import("../dist/command/main.js");
  process.exitCode = await run(process.argv.slice(2), version);
}
