const LONGEST = 200;

/** The text between quotes, on one line, harmless on a terminal, at most 200 characters of it: for messages about what came from outside. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  // JSON leaves C1 controls, line separators and the marks that turn the direction of text as they are.
  return JSON.stringify(shown).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeCodePoint);
}

function escapeCodePoint(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
