import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { WORKSPACE } from "./packages.ts";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  "bytes/s": 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  days: 86_400_000,
};

interface LimitRow {
  readonly limit: string;
  readonly value: string;
  readonly file: string;
  readonly constant: string;
}

/** The rows that name a constant: `DIR/FILE.ts` `CONSTANT` in the last column. */
async function rows(): Promise<readonly LimitRow[]> {
  const page = await readFile(join(WORKSPACE, "docs/limits.md"), "utf8");
  return page.split("\n").flatMap((line) => {
    const [, limit, value, ...rest] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const [, file, constant] = /^`([^`]+\.ts)` `([A-Z_0-9]+)`$/.exec(rest.at(-2) ?? "") ?? [];
    if (limit === undefined || value === undefined || file === undefined || constant === undefined) return [];
    return [{ limit, value, file, constant }];
  });
}

/** `4 MiB`, `1,000 kB/s`, `10 min`: bytes, ms or a count. */
function defaultIn(text: string): number {
  const [, digits = "", unit = ""] = /^([0-9,]+)(?: ([A-Za-z]+|bytes\/s))?$/.exec(text) ?? [];
  const factor = unit === "" ? 1 : UNITS[unit];
  return factor === undefined || digits === "" ? Number.NaN : Number(digits.replaceAll(",", "")) * factor;
}

/** The value of a constant whose initializer is arithmetic with numbers and constants of its file. */
function constantIn(source: string, name: string): number {
  const [, initializer = ""] = new RegExp(`const ${name}(?:: number)? =\\s*([^;]+);`).exec(source) ?? [];
  const factors = initializer.split(/(?<!\*)\*(?!\*)/).map((part) => {
    const [base = "", exponent = "1"] = part.trim().split("**");
    return numberIn(source, base) ** numberIn(source, exponent);
  });
  return factors.reduce((value, factor) => value * factor, 1);
}

function numberIn(source: string, text: string): number {
  return /^[A-Z]/.test(text.trim()) ? constantIn(source, text.trim()) : Number(text.replaceAll("_", ""));
}

const ROWS = await rows();

it("docs/limits.md has a row for the limits of each part", () => {
  expect(ROWS.length).toBeGreaterThan(30);
});

it.each(ROWS)("docs/limits.md has the default of the code: $limit ($constant)", async ({ value, file, constant }) => {
  const source = await readFile(join(WORKSPACE, "packages", file), "utf8");
  expect(defaultIn(value)).toBe(constantIn(source, constant));
});
