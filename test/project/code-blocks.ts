/** A program in a page. */
export interface CodeBlock {
  /** The heading that it stands below. */
  readonly heading: string;
  readonly code: string;
  /** What its comments say that it prints: `// → v1 true`. */
  readonly prints: readonly string[];
}

/** The blocks of TypeScript in a page of Markdown, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = "";
  for (const [, title, code] of markdown.matchAll(/^#+ (.*)$|^```ts\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (code === undefined) continue;
    blocks.push({ heading, code, prints: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line = ""]) => line) });
  }
  return blocks;
}

/** What a column of the tables has between backticks, row by row, heads left out. */
export function tableColumn(markdown: string, column: number): readonly string[] {
  const rows = [...markdown.matchAll(/^\|(.*)\|$/gm)].map(([, row = ""]) => row.split("|")[column] ?? "");
  return rows.flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code));
}
