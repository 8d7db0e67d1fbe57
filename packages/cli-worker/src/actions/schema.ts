import { mirrorFileSchema } from "../mirror/schema/json-schema.ts";
import { print } from "../output.ts";

/** Prints the JSON Schema of mirror files. */
export function schemaAction(): void {
  print(JSON.stringify(mirrorFileSchema(), undefined, 2));
}
