/** The blocks of YAML in a page of Markdown, in order. */
export function yamlBlocks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
}

/** The rows of the table with these headings, cell by cell; of a cell that is code alone, the code. */
export function tableRows(markdown: string, headings: readonly string[]): readonly (readonly string[])[] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => cellsOf(line).join("|") === headings.join("|"));
  if (start < 0) throw new Error(`No table with the headings ${headings.join(", ")}`);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => cellsOf(line).map(codeOf));
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function codeOf(cell: string): string {
  return /^`(.*)`$/.exec(cell)?.[1] ?? cell;
}
