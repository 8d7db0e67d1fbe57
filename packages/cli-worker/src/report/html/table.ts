import { html, type Markup } from "./markup.ts";

export interface Column<Row> {
  readonly head: string;
  readonly isNumber?: boolean;
  cell(row: Row): Markup;
}

/** A table; on a narrow screen each row is a card, in which every value stands beside the head of its column. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const kind = (column: Column<Row>): string => (column.isNumber === true ? "number" : "text");
  const heads = columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.head}</th>`);
  const cells = (row: Row): readonly Markup[] =>
    columns.map(
      (column) => html`<td class="${kind(column)}" data-head="${column.head}"><div>${column.cell(row)}</div></td>`,
    );
  const body = rows.map((row) => html`<tr>${cells(row)}</tr>\n`);
  return html`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}
