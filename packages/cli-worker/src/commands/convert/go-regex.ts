import { regexPattern } from "@tranship/copy";

/** How another tool uses a regular expression: for the whole tag, or for any part of it. */
export type Anchoring = "whole" | "part";

/**
 * A regular expression of Go (RE2) as JavaScript's, for whole tags.
 * @throws {SyntaxError} where it uses what JavaScript has not.
 */
export function fromGoRegex(text: string, anchoring: Anchoring): string {
  const translated = translate(text.trim());
  const result = anchoring === "whole" ? unanchored(translated) : anywhere(translated);
  regexPattern(result);
  return result;
}

/** The classes of POSIX that Go knows, within brackets. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

function translate(text: string): string {
  const plain = text.replaceAll(/\[:([a-z]+):\]/g, (written, name: string) => POSIX_CLASSES[name] ?? written);
  if (/\[:|\\p|\(\?[a-zA-Z-]*U/.test(plain)) throw new SyntaxError(`it uses a class or flag that only Go has`);
  const body = plain
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\A", "^")
    .replaceAll("\\z", "$")
    // Go lets any punctuation be escaped.
    .replaceAll(/\\([^\w\s^$\\.*+?()[\]{}|/])/g, (escaped, character: string) =>
      character === "-" ? escaped : character,
    )
    .replaceAll(/\\-/g, (escaped, offset: number, whole: string) => (insideClass(whole, offset) ? escaped : "-"));
  const [, flags, rest] = /^\(\?([ims]+)\)(.*)$/s.exec(body) ?? [];
  return flags === undefined ? body : `(?${flags}:${rest})`;
}

function insideClass(text: string, offset: number): boolean {
  const before = text.slice(0, offset).replaceAll(/\\./g, "");
  return before.lastIndexOf("[") > before.lastIndexOf("]");
}

/**
 * Without the anchors that are implied. Go's tools put `^` before and `$` after the text, so that of alternatives at its
 * top the first is bound at the start alone, the last at the end alone, and those between nowhere.
 */
function unanchored(text: string): string {
  const alternatives = topAlternatives(text);
  if (alternatives.length === 1) return withoutAnchors(text);
  return alternatives
    .map((alternative, at) => {
      const isFirst = at === 0;
      const isLast = at === alternatives.length - 1;
      const bound = `${isFirst ? "^" : ""}(?:${alternative})${isLast ? "$" : ""}`;
      return `${isFirst ? "" : ".*"}(?:${withoutAnchors(bound)})${isLast ? "" : ".*"}`;
    })
    .join("|");
}

function withoutAnchors(text: string): string {
  return text.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
}

/** What stands between the `|` that are in no group and no class. */
function topAlternatives(text: string): readonly string[] {
  const alternatives: string[] = [];
  let [depth, inClass, start] = [0, false, 0];
  for (const { 0: token, index } of text.matchAll(/\\.|[()[\]|]/gs)) {
    if (token === "[") inClass = true;
    else if (token === "]") inClass = false;
    else if (inClass) continue;
    else if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (token === "|" && depth === 0) {
      alternatives.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...alternatives, text.slice(start)];
}

function anywhere(text: string): string {
  if (text.includes("|")) return `.*(?:${text}).*`;
  const start = text.startsWith("^") || text.startsWith(".*") ? "" : ".*";
  const end = /(?<!\\)\$$/.test(text) || text.endsWith(".*") ? "" : ".*";
  return `${start}${unanchored(text)}${end}`;
}

/** Globs for a regular expression of whole repository names that is literal but for `.*`; undefined for another. */
export function globsOfRegex(text: string): readonly string[] | undefined {
  const body = text.trim().replace(/^\^/, "").replace(/\$$/, "");
  const parts = body.split(/\.\*/);
  if (parts.some((part) => /[\\^$*+?()[\]{}|]/.test(part.replaceAll(/\\[./-]/g, "")))) return undefined;
  // A plain "." is meant as one, most often.
  const names = parts.map((part) => part.replaceAll(/\\([./-])/g, "$1"));
  if (names.length === 1) return names;
  // A glob's "*" ends at "/", an expression's ".*" doesn't.
  const across = names.join("**");
  const last = names.at(-1) === "" && names.length === 2 && names[0] !== undefined && !/^$|\/$/.test(names[0]);
  if (last) return [`${names[0]}*`, `${names[0]}*/**`];
  return names.slice(0, -1).every((name) => name === "" || name.endsWith("/")) ? [across] : undefined;
}
