/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** RFC 9110, 5.6.2. */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SCHEME = /[!#$%&'*+.^_`|~0-9A-Za-z-]+(?=[ \t,]|$)/y;
/** What stands in the place of parameters: `Negotiate YII=`. */
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const SPACE = /[ \t]*/y;
const SEPARATOR = /[ \t,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
/** What some registries write without quotes: scopes with colons and commas inside. */
const LOOSE = /[^\s",]+/y;

/**
 * Reads `WWW-Authenticate`: several challenges, several headers joined by ", ", quoted strings with escapes, space around "=". What it can't
 * make sense of ends the reading; what came before is kept. A parameter that comes twice has its first value.
 * Spec: RFC 9110, 11.6.1.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  const text = new Scanner(header);
  for (;;) {
    text.take(SEPARATOR);
    const parameter = text.try(() => readParameter(text));
    const current = challenges.at(-1);
    if (parameter !== undefined && current !== undefined) {
      const [name, value] = parameter;
      if (!current.parameters.has(name)) current.parameters.set(name, value);
      continue;
    }
    if (parameter !== undefined) return challenges;
    const scheme = text.take(SCHEME);
    if (scheme === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    text.take(SPACE);
    text.take(TOKEN68);
  }
}

function readParameter(text: Scanner): readonly [name: string, value: string] | undefined {
  const name = text.take(TOKEN);
  if (name === undefined || text.take(EQUALS) === undefined) return undefined;
  const quoted = text.take(QUOTED, 1);
  if (quoted !== undefined) return [name.toLowerCase(), quoted.replace(/\\(.)/gs, "$1")];
  const loose = text.take(LOOSE);
  return loose === undefined ? undefined : [name.toLowerCase(), loose];
}

/** A position in a text. */
class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What the sticky pattern, or a group of it, matches here. */
  take(pattern: RegExp, group = 0): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match[group];
  }

  /** Reads, and goes back if that gave nothing. */
  try<T>(read: () => T | undefined): T | undefined {
    const start = this.#position;
    const result = read();
    if (result === undefined) this.#position = start;
    return result;
  }
}
