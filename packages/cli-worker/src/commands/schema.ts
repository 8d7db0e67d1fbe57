import type { Command } from "commander";
import { addExamples } from "../options.ts";

/** `tranship schema` */
export function defineSchema(program: Command): void {
  const command = program
    .command("schema")
    .summary("print the JSON Schema of mirror files")
    .description(
      "Prints the JSON Schema of mirror files (draft 2020-12). An editor with a YAML language server checks and completes a file that begins with " +
        "the line: # yaml-language-server: $schema=mirror.schema.json",
    );
  addExamples(command, [["tranship schema > mirror.schema.json", "beside the mirror file, for an editor"]]);
  command.action(async () => {
    const { schemaAction } = await import("../actions/schema.ts");
    schemaAction();
  });
}
