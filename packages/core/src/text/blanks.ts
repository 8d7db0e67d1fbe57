// Loops, since an expression such as `/[\t ]+$/` or a split at `/[\t ]*,[\t ]*/` takes quadratic time
// where many blanks stand before something else.

/** The text without spaces and tabs at its end. */
export function trimEndBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1])) end -= 1;
  return text.slice(0, end);
}

/** The values of a header that is a list with commas, without the spaces and tabs around them. */
export function commaSeparated(text: string): readonly string[] {
  return text.split(",").map(trimBlanks);
}

function trimBlanks(text: string): string {
  let start = 0;
  while (isBlank(text[start])) start += 1;
  return trimEndBlanks(text.slice(start));
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
