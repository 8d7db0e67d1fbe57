import { redactedEcho } from "../http/message/redact-echo.ts";
import { REDACTED } from "../http/message/redact-query.ts";

/** Strings, the last perhaps cut off; punctuation; anything else, as numbers. */
const TOKEN = /"(?:[^"\\]|\\.?)*(?:"|$)|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

const SECRET_NAME =
  /token|passw|secret|credential|authorization|api_?key|^auth$|^x-(?:amz|goog)-|^sig$|^signature(?:provided)?$|^_state$/i;

/** A JSON web token; what an Authorization header holds. */
const CREDENTIALS = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}|\b(?:Bearer|Basic)\s+[\w.~+/=-]{6,}/g;

const QUOTED_REDACTED = JSON.stringify(REDACTED);

/**
 * The text of a JSON document, which may be cut off anywhere, with `REDACTED` in the place of what has a secret's name (`refresh_token`, `password`) or looks
 * like one, also in documents within strings, and of what repeats a value of the query of `urls`. Time: in proportion to the text.
 */
export function redactedJson(text: string, urls: readonly URL[] = []): string {
  let before = "";
  let secretComes = false;
  /** How deep we are in an array or object that is a secret. */
  let depth = 0;
  return text.replace(TOKEN, (token) => {
    if (depth > 0) {
      if (isOpening(token)) depth += 1;
      if (isClosing(token)) depth -= 1;
      return "";
    }
    if (secretComes) {
      secretComes = false;
      if (isOpening(token)) depth = 1;
      return QUOTED_REDACTED;
    }
    if (token === ":") secretComes = SECRET_NAME.test(unquoted(before) ?? before);
    before = token;
    return token.startsWith('"') ? redactedString(token, urls) : token;
  });
}

function isOpening(token: string): boolean {
  return token === "{" || token === "[";
}

function isClosing(token: string): boolean {
  return token === "}" || token === "]";
}

function redactedString(token: string, urls: readonly URL[]): string {
  const value = unquoted(token);
  if (value === undefined) return redactedEcho(token.replace(CREDENTIALS, REDACTED), urls);
  const redacted = /^\s*[{[]/.test(value)
    ? redactedJson(value, urls)
    : redactedEcho(value.replace(CREDENTIALS, REDACTED), urls);
  return redacted === value ? token : JSON.stringify(redacted);
}

/** Undefined where the string is cut off. */
function unquoted(token: string): string | undefined {
  try {
    const value: unknown = JSON.parse(token);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
