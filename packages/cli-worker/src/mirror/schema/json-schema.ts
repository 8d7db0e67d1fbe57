import { z } from "zod";
import { documentSchema } from "../file/document-schema.ts";

/**
 * The JSON Schema (draft 2020-12) of a mirror file: its form, made from what reads it. What a form can't say, such as a loop, only reading the file finds. An editor sees
 * variables before they are substituted, so a text that has one is taken for any form.
 */
export function mirrorFileSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(documentSchema, {
    target: "draft-2020-12",
    io: "input",
    override({ jsonSchema }) {
      const { pattern } = jsonSchema;
      // Keys for the writer alone, which are dropped before the form is looked at.
      if (jsonSchema.properties !== undefined) jsonSchema.patternProperties = { "^x-": {} };
      if (pattern !== undefined && pattern !== "\\S") jsonSchema.pattern = `(?:${pattern})|\\$\\{`;
    },
  });
}
