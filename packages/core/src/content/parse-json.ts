/** How deep a JSON document from outside may be nested; Go's decoder has a limit of 10,000. */
export const MAX_JSON_DEPTH = 1000;

/** A JSON document that is nested too deeply to be handled: what walks it would exhaust the stack. */
export class NestedTooDeep extends SyntaxError {
  constructor() {
    super(`it is nested deeper than ${MAX_JSON_DEPTH} levels`);
    this.name = "NestedTooDeep";
  }
}

/**
 * Parses JSON from outside. Time: one more pass over the text.
 * @throws {NestedTooDeep} for a document of more than 1,000 levels. @throws {SyntaxError} of the engine, which quotes the text: it must not be shown.
 */
export function parseJson(text: string): unknown {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) throw new NestedTooDeep();
  return JSON.parse(text);
}

/** Why a text was not parsed: that it is nested too deeply, else what the caller says of a text that is not JSON. */
export function whyNotJson(error: unknown, otherwise: string): string {
  return error instanceof NestedTooDeep ? error.message : otherwise;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125] as const;

function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at += 1;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === OPEN_LIST || unit === OPEN_OBJECT) {
      depth += 1;
      if (depth > limit) return true;
    } else if (unit === CLOSE_LIST || unit === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}
