import { checkPageSize, type PageOptions } from "../registry/lists/list-names.ts";
import type { ListPage } from "../registry/lists/pages.ts";
import { quoted } from "../text/quoted.ts";

/** Some items of a list. */
export interface Page<T> extends ReadonlyArray<T> {
  /** What `byPage({ last })` takes to go on after this page; undefined where it is the last one. */
  readonly last: string | undefined;
}

/**
 * A list that is asked for while it is read: item by item with `for await`, or page by page. Each reading asks anew.
 * Nothing is sent before the first item is asked for. Where the end of the list is not proven, it throws an IncompleteListError after the last item.
 */
export interface PagedList<T> extends AsyncIterable<T> {
  /** The items in pages as the registry gives them. @throws {RangeError} for a bad `maxPageSize`. */
  byPage(options?: PageOptions): AsyncIterable<Page<T>>;
}

/** A list of what `pages` brings. */
export function pagedList<T>(pages: (options: PageOptions) => AsyncIterable<Page<T>>): PagedList<T> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const page of pages({})) yield* page;
    },
    byPage(options = {}) {
      checkPageSize(options);
      return pages(options);
    },
  };
}

/** @param last the key of the last item where further pages follow. */
export function pageOf<T>(items: readonly T[], last: string | undefined): Page<T> {
  return Object.assign([...items], { last });
}

/** Pages of a registry's list, as its reader gets them. */
export async function* pagesOf<T>(
  pages: AsyncIterable<ListPage<T>>,
  keyOf: (item: T) => string,
): AsyncGenerator<Page<T>, void, void> {
  for await (const { items, more } of pages) {
    const last = items.at(-1);
    yield pageOf(items, more && last !== undefined ? keyOf(last) : undefined);
  }
}

/** Cuts a list that had to be made whole into pages. @throws {RangeError} where `last` is not in it: where to go on, nobody knows. */
export function* slicedPages<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { maxPageSize = Math.max(1, items.length), last }: PageOptions,
): Generator<Page<T>, void, void> {
  const before = items.findIndex((item) => keyOf(item) === last);
  if (last !== undefined && before < 0) {
    throw new RangeError(
      `Cannot go on after ${quoted(last)}: it is not in the list any more, which has to be read anew`,
    );
  }
  const start = before + 1;
  for (let at = start; at < items.length; at += maxPageSize) {
    const slice = items.slice(at, at + maxPageSize);
    const final = slice.at(-1);
    const more = at + maxPageSize < items.length;
    yield pageOf(slice, more && final !== undefined ? keyOf(final) : undefined);
  }
}
