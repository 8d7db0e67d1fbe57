/** Control characters (C0, C1), format characters such as bidi marks, lone surrogates, and the separators of lines and paragraphs. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text with characters that change a terminal or the direction of text shown as `\u{…}`; line feeds stay. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === "\n" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Whether a text has none of these characters. */
export function isHarmless(text: string): boolean {
  return escapeText(text) === text;
}

/** A value as JSON without such characters: strings have them as `\uXXXX`, so that a reader gets the same value. */
export function safeJson(value: unknown, indent?: number): string {
  return escapeInStrings(JSON.stringify(value, undefined, indent));
}

/** A text in which such characters stand only within double-quoted strings of JSON or YAML, with `\uXXXX` in their place. */
export function escapeInStrings(text: string): string {
  return text.replace(UNSAFE, (character) => (character === "\n" ? character : escapeUnits(character)));
}

function escapeUnits(character: string): string {
  let escaped = "";
  for (let at = 0; at < character.length; at += 1)
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return escaped;
}
