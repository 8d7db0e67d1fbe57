/** Where a text stops being JSON. Both count from 1; the column counts UTF-16 units. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
}

type State = "value" | "value or close" | "key" | "key or close" | "colon" | "next" | "end";

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

/**
 * Finds the first character at which a text breaks JSON's grammar (RFC 8259); undefined where it is JSON.
 * Exists because the engine's own message quotes the text around the fault, and a file of credentials must not be quoted.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = matchEnd(SPACE, text, 0);
  while (at < text.length) {
    const step = takeToken(text, at, state, open);
    if (step.state === undefined) return position(text, step.at);
    state = step.state;
    at = matchEnd(SPACE, text, step.at);
  }
  return state === "end" ? undefined : position(text, at);
}

/** The state after one token and where it ends; without a state, where the fault is. `open` is kept up to date. */
function takeToken(text: string, at: number, state: State, open: ("{" | "[")[]): { state?: State; at: number } {
  const char = text.charAt(at);
  const inObject = open.at(-1) === "{";
  const afterValue = (): State => (open.length === 0 ? "end" : "next");
  const closes = state === "next" || state === (inObject ? "key or close" : "value or close");
  if (open.length > 0 && closes && char === (inObject ? "}" : "]")) {
    open.pop();
    return { state: afterValue(), at: at + 1 };
  }
  if (state === "next" && char === ",") return { state: inObject ? "key" : "value", at: at + 1 };
  if (state === "colon" && char === ":") return { state: "value", at: at + 1 };
  if ((state === "key" || state === "key or close") && char === '"') {
    const string = scanString(text, at);
    return string.whole ? { state: "colon", at: string.at } : { at: string.at };
  }
  if (state !== "value" && state !== "value or close") return { at };
  if (char === "{" || char === "[") {
    open.push(char);
    return { state: char === "{" ? "key or close" : "value or close", at: at + 1 };
  }
  if (char === '"') {
    const string = scanString(text, at);
    return string.whole ? { state: afterValue(), at: string.at } : { at: string.at };
  }
  const end = matchEnd(SCALAR, text, at);
  return end === at ? { at } : { state: afterValue(), at: end };
}

/** Where the string that starts at `start` ends; where it breaks if it is not whole. */
function scanString(text: string, start: number): { readonly whole: boolean; readonly at: number } {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) >= 0x20) {
    if (text[at] === '"') return { whole: true, at: at + 1 };
    const next = text[at] === "\\" ? matchEnd(ESCAPE, text, at) : at + 1;
    if (next === at) break;
    at = next;
  }
  return { whole: false, at };
}

function matchEnd(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

function position(text: string, at: number): JsonFault {
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}
