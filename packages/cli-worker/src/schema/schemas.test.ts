import { join } from "node:path";
import { planSync } from "@tranship/copy";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { hostileReport, ordinaryReport } from "../../../../test/report/sample-report.ts";
import { MemoryRegistries, putImages } from "../../../../test/support/sync-setup.ts";
import { planSchema } from "./plan-schema.ts";
import { resultSchema } from "./result-schema.ts";

const FOLDER = join(import.meta.dirname, "../../schema");

type Check = (document: unknown) => readonly unknown[];

/** What is wrong with a document; `strict` also refuses fields that the schema does not name. */
function checker(schema: Readonly<Record<string, unknown>>, { strict = true } = {}): Check {
  const text = JSON.stringify(schema, (_key, value: unknown) =>
    strict && typeof value === "object" && value !== null && "properties" in value
      ? { ...value, additionalProperties: false }
      : value,
  );
  const validate = new Ajv2020({ allErrors: true, formats: { "date-time": /^\d{4}-\d\d-\d\dT.*Z$/ } }).compile(
    JSON.parse(text),
  );
  return (document) => (validate(JSON.parse(JSON.stringify(document))) ? [] : (validate.errors ?? []));
}

async function aPlan(): Promise<object> {
  const registries = new MemoryRegistries();
  await putImages(registries.store("src/app"), ["v1", "v2"]);
  const mirror = { mirror: "app", from: "src/app", targets: [{ to: "dst/app" }], tags: ["v1", "v2", "none"] };
  return planSync([mirror], registries, { depth: "content" });
}

describe.each([
  ["plan", planSchema],
  ["report", resultSchema],
] as const)("the schema of a %s", (name, schema) => {
  it("is the file that is published", async () => {
    await expect(`${JSON.stringify(schema(), undefined, 2)}\n`).toMatchFileSnapshot(
      join(FOLDER, `${name}.schema.json`),
    );
  });

  it("describes what is not plain from its name, and lets later releases add fields", () => {
    expect(JSON.stringify(schema())).toContain('"description"');
    expect(JSON.stringify(schema())).not.toContain('"additionalProperties":false');
  });
});

describe("planSchema()", () => {
  it("takes a plan, and knows each of its fields", async () => {
    const plan = await aPlan();
    expect(checker(planSchema())(plan)).toEqual([]);
    expect(checker(planSchema())({ ...plan, version: 2 })).not.toEqual([]);
    expect(checker(planSchema())({ ...plan, images: [{}] })).not.toEqual([]);
    expect(checker(planSchema(), { strict: false })({ ...plan, more: 1 })).toEqual([]);
  });
});

describe("resultSchema()", () => {
  it("takes results, and knows each of their fields", () => {
    const check = checker(resultSchema());
    for (const { result } of [ordinaryReport(), hostileReport()]) expect(check(result)).toEqual([]);
    const { result } = ordinaryReport();
    expect(check({ ...result, ok: "yes" })).not.toEqual([]);
    expect(check({ ...result, outcomes: {} })).not.toEqual([]);
  });
});
