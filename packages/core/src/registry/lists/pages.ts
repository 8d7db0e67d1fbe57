import type { Scope } from "../../http/request.ts";
import type { CallOptions, RequestKind } from "../../store/store.ts";
import { readWhole, type WholeResponse } from "../read-whole.ts";
import type { RemoteRegistry } from "../remote-repository.ts";
import { InvalidNames } from "./invalid-names.ts";
import { ListCount, raise } from "./list-limits.ts";
import { PageWalk } from "./page-walk.ts";

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
  /** Checks a key; an item whose key is not valid is left out, and the list is incomplete. @throws {SyntaxError} Default: every key is valid. */
  readonly checkKey?: ((key: string) => unknown) | undefined;
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
 * @throws {IncompleteListError} after all that came, where the end is not proven, or items were left out since their names are not valid.
 * @throws {RegistryError} LIST_TOO_LONG where it has more pages, items or bytes than `registry.lists` allows.
 */
export async function* listPages<T>(
  registry: RemoteRegistry,
  list: ListRequest<T>,
  options: CallOptions = {},
): AsyncGenerator<ListPage<T>, void, void> {
  const { kind, scopes, headers = {}, keyOf, checkKey, read, after, length } = list;
  const resolve = (target: string, answeredBy: URL): URL => registry.client.resolveLocation(target, answeredBy);
  const walk = new PageWalk({ after, length, resolve });
  const count = new ListCount(registry.lists);
  const invalid = new InvalidNames(checkKey);
  let path: string | URL = list.path;
  for (;;) {
    const request = { method: "GET", path, kind, scopes, headers, accept: [200], call: options } as const;
    let response: WholeResponse;
    try {
      response = await readWhole(registry, request, {
        limit: count.pageBytes,
        tooLong: "LIST_TOO_LONG",
        raise: raise("pageBytes"),
      });
    } catch (error) {
      throw walk.failed(error);
    }
    count.page(response);
    const { items, isWhole = false, hasMore = false } = read(response);
    const fresh = items.filter((item) => count.isFresh(keyOf(item), response));
    const valid = fresh.filter((item) => invalid.accepts(keyOf(item)));
    const step = walk.next(path, { response, keys: items.map(keyOf), fresh: fresh.length, isWhole, hasMore });
    if (valid.length > 0) yield { items: valid, more: step.kind === "page" };
    if (step.kind === "end") {
      invalid.throwAny(response);
      return;
    }
    if (step.kind === "open") throw invalid.with(step.error, response);
    path = step.path;
  }
}
