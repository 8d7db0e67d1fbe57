import { mirrorFileSchema } from "../../mirror/schema/json-schema.ts";
import { planSchema } from "../../schema/plan-schema.ts";
import { resultSchema } from "../../schema/result-schema.ts";
import { print } from "../../terminal/output.ts";

const SCHEMAS = { mirror: mirrorFileSchema, plan: planSchema, report: resultSchema } as const;

export type SchemaKind = keyof typeof SCHEMAS;

/** Prints the JSON Schema of mirror files, of plans or of results. */
export function schemaAction(kind: SchemaKind): void {
  print(JSON.stringify(SCHEMAS[kind](), undefined, 2));
}
