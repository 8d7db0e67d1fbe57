import { expectText } from "../text/expect-text.ts";
import { quoted } from "../text/quoted.ts";

/** Checks a tag. Spec: distribution-spec v1.1.1, "Pulling manifests" (`<reference>`). @throws {SyntaxError} saying what is wrong with it; {TypeError} for what is no text. */
export function parseTag(text: string): string {
  expectText("tag", text);
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return text;
  throw new SyntaxError(`Bad tag ${quoted(text)}: ${reasonFor(text)}`);
}

function reasonFor(text: string): string {
  if (text === "") return "it is empty";
  if (text.length > 128) return `it has ${text.length} characters, at most 128 are allowed`;
  return 'expected letters, digits, "_", "." and "-", the first a letter, a digit or "_"';
}
