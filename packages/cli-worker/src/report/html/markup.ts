import { oneLine } from "../../terminal/one-line.ts";

/** HTML that is safe to put into a page. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupValue = Markup | string | number | readonly Markup[];

/** HTML around values: text is escaped and put on one line, control characters and those that turn its direction shown as what they are. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const rendered = values.map((value, at) => `${render(value)}${parts[at + 1] ?? ""}`);
  return new Markup(`${parts[0] ?? ""}${rendered.join("")}`);
}

export const NOTHING: Markup = new Markup("");

function render(value: MarkupValue): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return escaped(oneLine(String(value)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
