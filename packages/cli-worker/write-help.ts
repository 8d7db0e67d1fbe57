import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { helpTexts } from "./src/arguments/help-texts.ts";
import { createProgram } from "./src/program.ts";

// The last step of the build: the launcher prints these without loading the command.
writeFileSync(join(import.meta.dirname, "dist/command/help.json"), JSON.stringify(helpTexts(createProgram(""))));
