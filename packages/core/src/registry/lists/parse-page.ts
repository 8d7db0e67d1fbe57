import { parseJson, whyNotJson } from "../../content/parse-json.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { WholeResponse } from "../read-whole.ts";

/** Values of one page, in all its lists and objects: a short value takes many times its length in memory. */
const PAGE_VALUES = 1_000_000;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, OPEN_OBJECT] = [34, 92, 44, 91, 123] as const;

/**
 * Parses the JSON of a page of a list. Memory: that of the page's values, of which there are at most 1,000,000.
 * @throws {RegistryError} PROTOCOL for what is not JSON; LIST_TOO_LONG for more values than a page may have.
 */
export function parsePage(response: WholeResponse, action: string): unknown {
  const { bytes, url, status } = response;
  checkPage(response, action);
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    const detail = whyNotJson(error, "the answer is no JSON");
    throw new RegistryError("PROTOCOL", `${action}: ${detail}`, { method: "GET", url: url.href, status, cause: error });
  }
}

/** Checks how many values a page has, before it is parsed. @throws {RegistryError} LIST_TOO_LONG. */
export function checkPage({ bytes, url, status }: WholeResponse, action: string): void {
  if (!hasMoreValues(bytes, PAGE_VALUES)) return;
  const detail = `a page has more than ${PAGE_VALUES} values`;
  throw new RegistryError("LIST_TOO_LONG", `${action}: ${detail}`, { method: "GET", url: url.href, status });
}

/** Counts by commas and what opens a list or an object. What is not JSON is left to the parser. */
function hasMoreValues(bytes: Uint8Array, most: number): boolean {
  let values = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) values += 1;
    if (values > most) return true;
  }
  return false;
}
