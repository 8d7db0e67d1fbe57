/** A part of a regular expression. A `set` matches one character. */
export type RegexNode =
  | { readonly kind: "set"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "alternatives"; readonly options: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly of: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: "lookahead"; readonly of: RegexNode; readonly negative: boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** How deep groups are nested at most. */
const MAX_DEPTH = 200;

/** A construct that the parser does not know, such as a back reference or a lookbehind. */
class Unknown extends Error {}

/**
 * Parses a regular expression that JavaScript compiles without flags, as far as whether a text matches depends on it: groups capture nothing.
 * Undefined for constructs that a machine without a stack cannot match, and for others that no glob is compiled to.
 * Spec: ECMA-262, 22.2.1 "Patterns", and B.1.2.
 */
export function parseRegex(source: string): RegexNode | undefined {
  const parser = new Parser(source);
  try {
    return parser.all();
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  all(): RegexNode {
    const node = this.#alternatives();
    if (this.#at < this.#source.length) throw new Unknown();
    return node;
  }

  #alternatives(): RegexNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Unknown();
    const options = [this.#sequence()];
    while (this.#take(/\|/y) !== undefined) options.push(this.#sequence());
    this.#depth -= 1;
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: "alternatives", options };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", parts };
  }

  #repeated(of: RegexNode): RegexNode {
    const quantifier = this.#take(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (quantifier === undefined) return of;
    // Lazy ones match the same texts.
    this.#take(/\?/y);
    if (of.kind === "lookahead" || of.kind === "start" || of.kind === "end") throw new Unknown();
    const [min = 0, max = min] = boundsOf(quantifier);
    return { kind: "repeat", of, min, max };
  }

  #atom(): RegexNode {
    if (this.#take(/\^/y) !== undefined) return { kind: "start" };
    if (this.#take(/\$/y) !== undefined) return { kind: "end" };
    const group = this.#take(/\((?:\?(?:[:=!]|<[A-Za-z]\w*>))?/y);
    if (group !== undefined) return this.#group(group);
    // What stands for one character, as it is written. A class ends at its first bracket that is not escaped.
    const set = this.#take(
      /\[(?:[^\]\\]|\\[\s\S])*\]|\\x[\dA-Fa-f]{2}|\\u[\dA-Fa-f]{4}|\\c[A-Za-z]|\\[dDsSwWfnrtv]|\\[^\w]|[^()[\\*+?]/y,
    );
    if (set === undefined) throw new Unknown();
    return { kind: "set", source: set };
  }

  #group(opening: string): RegexNode {
    if (opening === "(" && this.#source.charAt(this.#at) === "?") throw new Unknown();
    const of = this.#alternatives();
    if (this.#take(/\)/y) === undefined) throw new Unknown();
    if (opening === "(?=") return { kind: "lookahead", of, negative: false };
    if (opening === "(?!") return { kind: "lookahead", of, negative: true };
    return of;
  }

  #take(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const [text] = sticky.exec(this.#source) ?? [];
    if (text !== undefined) this.#at += text.length;
    return text;
  }
}

function boundsOf(quantifier: string): readonly [min: number, max: number] {
  if (quantifier === "*") return [0, Number.POSITIVE_INFINITY];
  if (quantifier === "+") return [1, Number.POSITIVE_INFINITY];
  if (quantifier === "?") return [0, 1];
  const [min = "", max] = quantifier.slice(1, -1).split(",");
  return [Number(min), max === undefined ? Number(min) : max === "" ? Number.POSITIVE_INFINITY : Number(max)];
}
