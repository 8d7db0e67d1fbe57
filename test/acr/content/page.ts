import type { ServedRequest } from "tranship";
import type { AcrBehaviour } from "../behaviour.ts";
import { badRequest } from "../refusal.ts";

/** What a list is made of. */
export interface ListItem {
  /** What `last` names: a repository, a tag, a digest. */
  readonly key: string;
  readonly lastUpdateTime: string;
}

export interface PageOptions {
  readonly behaviour: AcrBehaviour;
  /** Entries of a page where the client doesn't say. */
  readonly pageSize: number;
  /** When what is no longer in the list had changed last, by key. */
  readonly removed?: ReadonlyMap<string, string> | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** `Link`, where there is another page. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The most entries of a page, whatever the client says. */
const MAX_PAGE_SIZE = 1000;

/**
 * The page that `n`, `last` and `orderby` of the query ask for: by key, or by the time of the last update.
 * @throws {Refusal} 400 for an `n` or an `orderby` that is none.
 */
export function pageOf<Item extends ListItem>(
  items: readonly Item[],
  request: ServedRequest,
  { behaviour, pageSize, removed }: PageOptions,
): Page<Item> {
  const { path, query } = request;
  const size = Math.min(parseCount(query.get("n")) ?? pageSize, MAX_PAGE_SIZE);
  const place = placeOf(query.get("orderby") ?? "");
  const ordered = items.toSorted((a, b) => compare(place(a), place(b)));
  const last = query.get("last");
  const lastPlace = last ? place(findItem(items, last, removed)) : undefined;
  const rest = lastPlace === undefined ? ordered : ordered.filter((item) => compare(place(item), lastPlace) > 0);
  const shown = rest.slice(0, size);
  const end = shown.at(-1);
  if (end === undefined) return { items: shown, headers: {} };
  if (behaviour.pages === "loop") return { items: shown, headers: link(path, query) };
  if (shown.length === rest.length) return { items: shown, headers: {} };
  const digest = query.get("digest");
  const next = { last: end.key, n: String(size), orderby: query.get("orderby") ?? "", ...(digest && { digest }) };
  return { items: shown, headers: link(path, new URLSearchParams(next)) };
}

/** By key: its own place. By time: the time, then the key; times are compared as text, descending ones the other way round. */
function placeOf(orderby: string): (item: ListItem) => Place {
  switch (orderby) {
    case "":
    case "none":
      return ({ key }) => ({ text: key, sign: 1 });
    case "timeasc":
      return ({ key, lastUpdateTime }) => ({ text: `${lastUpdateTime} ${key}`, sign: 1 });
    case "timedesc":
      return ({ key, lastUpdateTime }) => ({ text: `${lastUpdateTime} ${key}`, sign: -1 });
    default:
      throw badRequest(`orderby "${orderby}" is neither "timeasc" nor "timedesc"`);
  }
}

interface Place {
  readonly text: string;
  readonly sign: 1 | -1;
}

function compare(a: Place, b: Place): number {
  if (a.text === b.text) return 0;
  return a.text < b.text ? -a.sign : a.sign;
}

/** The item that a page ended with, also one that was deleted since. */
function findItem(items: readonly ListItem[], key: string, removed: ReadonlyMap<string, string> | undefined): ListItem {
  return items.find((item) => item.key === key) ?? { key, lastUpdateTime: removed?.get(key) ?? "" };
}

function parseCount(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw badRequest(`n "${text}" is no count`);
  return Number(text);
}

function link(path: string, query: URLSearchParams): Readonly<Record<string, string>> {
  return { link: `<${path}?${query}>; rel="next"` };
}
