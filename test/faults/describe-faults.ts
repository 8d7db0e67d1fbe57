import { ELSEWHERE, FAULTS } from "./faults.ts";
import { ROWS, type Row } from "./rows.ts";

/** What is done about each row, one sentence each. */
export function copesWith(row: Row): readonly string[] {
  const sentences = FAULTS.filter((fault) => fault.row === row && fault.copes !== "the same").map(({ copes }) => copes);
  return [...new Set([...sentences, ...(ELSEWHERE[row] === undefined ? [] : [ELSEWHERE[row].copes])])];
}

/** The table of docs/registries.md. */
export function faultTable(): string {
  const rows = (Object.keys(ROWS) as Row[]).map((row) => {
    const [registry, does, seen] = ROWS[row];
    const source = seen === "observed" ? "" : ` (${seen})`;
    return `| ${registry} | ${does}${source} | ${copesWith(row).join("; ")} |`;
  });
  return ["| registry | does | what tranship does |", "| --- | --- | --- |", ...rows].join("\n");
}
