import { ApiError } from "./api-error.ts";
import type { ServedRequest } from "./exchange.ts";
import { compareNames } from "./names.ts";

/** One page of a sorted list, and the headers that lead to the next one. */
export interface Page {
  readonly items: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The page that `n` and `last` of the query ask for, of names sorted by `compareNames`. `last` need not exist.
 * Spec: distribution-spec v1.1.1, "Listing Tags".
 * @throws {ApiError} UNSUPPORTED for an `n` that is no count.
 */
export function pageOf(names: readonly string[], request: ServedRequest): Page {
  const last = request.query.get("last");
  const n = request.query.get("n");
  const rest = last === null ? names : names.filter((name) => compareNames(name, last) > 0);
  if (n === null) return { items: rest, headers: {} };
  if (!/^\d{1,9}$/.test(n)) throw new ApiError(400, "UNSUPPORTED", `Bad page size "${n}": expected a whole number`);
  const items = rest.slice(0, Number(n));
  const next = items.at(-1);
  if (next === undefined || items.length === rest.length) return { items, headers: {} };
  const query = new URLSearchParams({ n, last: next });
  return { items, headers: { link: `<${request.path}?${query}>; rel="next"` } };
}
