import type { Problem } from "../problem.ts";

/** Parts of a variable that are as short as this are no secret, and would be found in any message. */
const SHORT = 3;

/** What a message must not show, and what it shows instead. */
export interface Substitutions {
  /** The file's text: what stands in it is no secret. */
  readonly text: string;
  /** Whole values of the file that variables are in: as they were read, and as they are written. */
  readonly values: readonly (readonly [read: string, written: string])[];
  /** What variables stand for, with how they are written: `hunter2` and `${P}`. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A problem as it may be shown: where something of a variable is in it, it says what the file says. */
export function problemAsWritten(problem: Problem, substitutions: Substitutions): Problem {
  const { path, message } = problem;
  return {
    ...problem,
    ...(path !== undefined && { path: asWritten(path, substitutions) }),
    message: asWritten(message, substitutions),
  };
}

/** A message with the values of the file as they are written there. What checks a value may have changed its case, or cut it where it has an `@` or a `/`: pieces of a variable are looked for too. */
export function asWritten(message: string, { text, values, variables }: Substitutions): string {
  const longestFirst = values.toSorted(([a], [b]) => b.length - a.length);
  const whole = longestFirst.reduce(
    (result, [read, written]) => result.replaceAll(JSON.stringify(read), () => JSON.stringify(written)),
    message,
  );
  const known = text.toLowerCase();
  return [...variables]
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((result, [value, written]) => withoutPieces(result, { value, written, known }), whole);
}

function withoutPieces(
  message: string,
  { value, written, known }: { readonly value: string; readonly written: string; readonly known: string },
): string {
  // As it is, and as JSON quotes it.
  const secret = `${value}\n${JSON.stringify(value).slice(1, -1)}`.toLowerCase();
  const lower = message.toLowerCase();
  let result = "";
  for (let start = 0; start < message.length; ) {
    let end = start;
    while (end < message.length && secret.includes(lower.slice(start, end + 1))) end++;
    const piece = lower.slice(start, end);
    const shown = piece.length <= SHORT || known.includes(piece);
    result += shown ? message[start] : written;
    start = shown ? start + 1 : end;
  }
  return result;
}
