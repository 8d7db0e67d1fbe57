import type { CallOptions, RequestKind } from "../store/store.ts";
import { PageWalk } from "./page-walk.ts";
import { readWhole, type WholeResponse } from "./read-whole.ts";
import type { RemoteRegistry } from "./remote-repository.ts";
import type { Scope } from "./request.ts";

/** The longest page that is read, in bytes: Google's tag list brings every digest of a repository at once. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** What a page says. */
export interface PageContent<T> {
  readonly items: readonly T[];
  /** Whether the registry has shown that it gives its whole list in one page. Default: no. */
  readonly isWhole?: boolean | undefined;
  /** Whether the body says that there is more, whatever the headers say. Default: no. */
  readonly hasMore?: boolean | undefined;
}

/** A list, and how its pages are read. */
export interface ListRequest<T> {
  /** The path of the first page. */
  readonly path: string;
  /** The path of the page that follows an item. Undefined: only Links lead to further pages. */
  readonly after?: ((key: string) => string) | undefined;
  /** The most items of a page, as `path` asks for them. Undefined: not known. */
  readonly length?: number | undefined;
  readonly kind: RequestKind;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What tells items apart. */
  readonly keyOf: (item: T) => string;
  /** Reads a page. What it throws ends the list. */
  readonly read: (response: WholeResponse) => PageContent<T>;
}

/** Items of one page that no page before has brought. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Whether another page is requested. */
  readonly more: boolean;
}

/**
 * The pages of a list, to its proven end. Each item comes once; pages that bring nothing new are left out.
 * Requests: 1 a page, and 1 more where a page is as long as asked and has no Link. Memory: a page, and the key of each item.
 * @throws {IncompleteListError} after all that came, where the end is not proven.
 */
export async function* listPages<T>(
  registry: RemoteRegistry,
  list: ListRequest<T>,
  options: CallOptions = {},
): AsyncGenerator<ListPage<T>, void, void> {
  const { kind, scopes, headers = {}, keyOf, read, after, length } = list;
  const resolve = (target: string, answeredBy: URL): URL => registry.client.resolveLocation(target, answeredBy);
  const walk = new PageWalk({ after, length, resolve });
  const keys = new Set<string>();
  const isFresh = (item: T): boolean => keys.size < keys.add(keyOf(item)).size;
  let path: string | URL = list.path;
  for (;;) {
    const request = { method: "GET", path, kind, scopes, headers, accept: [200], call: options } as const;
    let response: WholeResponse;
    try {
      response = await readWhole(registry, request, { limit: MAX_PAGE_BYTES });
    } catch (error) {
      throw walk.failed(error);
    }
    const { items, isWhole = false, hasMore = false } = read(response);
    const fresh = items.filter(isFresh);
    const step = walk.next(path, { response, keys: items.map(keyOf), fresh: fresh.length, isWhole, hasMore });
    if (fresh.length > 0) yield { items: fresh, more: step.kind === "page" };
    if (step.kind === "end") return;
    if (step.kind === "open") throw step.error;
    path = step.path;
  }
}
