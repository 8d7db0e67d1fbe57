import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WORKSPACE } from "../project/packages.ts";
import { copesWith, faultTable } from "./describe-faults.ts";
import { ELSEWHERE, FAULTS } from "./faults.ts";
import { ROWS, type Row } from "./rows.ts";

const ALL = Object.keys(ROWS) as Row[];

describe("the list of deviations", () => {
  it.each(ALL)("%s has a fault and a sentence on what is done", (row) => {
    const elsewhere = ELSEWHERE[row] === undefined ? 0 : 1;
    expect(FAULTS.filter((fault) => fault.row === row).length + elsewhere).toBeGreaterThan(0);
    expect(copesWith(row).length).toBeGreaterThan(0);
  });

  it.each(Object.values(ELSEWHERE))("$file has the test $test", async ({ test, file }) => {
    expect(await readFile(join(WORKSPACE, file), "utf8")).toContain(`"${test.replace("()", "")}`);
  });

  it("has faults with names of their own", () => {
    const names = FAULTS.map(({ name, at }) => `${name} ${at}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is the table of docs/registries.md", async () => {
    const page = await readFile(join(WORKSPACE, "docs/registries.md"), "utf8");
    const cells = (text: string): readonly (readonly string[])[] =>
      text
        .split("\n")
        .filter((line) => line.startsWith("|") && !line.startsWith("| --"))
        .map((line) => line.split("|").map((cell) => cell.trim()));
    expect(cells(page)).toEqual(cells(faultTable()));
  });
});
