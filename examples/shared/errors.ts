// An import of this ends a program that fails with a sentence, not with a stack: `set-properties: Expected … `.
import { basename } from "node:path";

process.once("uncaughtException", (error) => {
  process.exitCode = 1;
  process.stderr.write(`${basename(process.argv[1] ?? "", ".ts")}: ${error.message}\n`);
});
