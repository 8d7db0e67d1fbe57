import { Argument, type Command } from "commander";
import { addExamples } from "../../arguments/options.ts";
import type { SchemaKind } from "./run.ts";

/** `tranship schema [KIND]` */
export function defineSchema(program: Command): void {
  const command = program
    .command("schema")
    .summary("print the JSON Schema of mirror files, plans or reports")
    .description(
      "Prints a JSON Schema (draft 2020-12): of mirror files, of the plans that `tranship plan` writes, or of reports (--report FILE.json, and the last line of --json). " +
        "An editor with a YAML language server checks and completes a mirror file that begins with the line: # yaml-language-server: $schema=mirror.schema.json",
    )
    .addArgument(new Argument("[KIND]", "what of").choices(["mirror", "plan", "report"]).default("mirror"));
  addExamples(command, [
    ["tranship schema > mirror.schema.json", "beside the mirror file, for an editor"],
    ["tranship schema report", "for a program that reads reports"],
  ]);
  command.action(async (kind: SchemaKind) => {
    const { schemaAction } = await import("./run.ts");
    schemaAction(kind);
  });
}
