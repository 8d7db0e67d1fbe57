import { IncompleteListError, RegistryError, type RegistryErrorInit } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { statusOf } from "../explain.ts";
import type { WholeResponse } from "../read-whole.ts";
import type { RemoteRegistry } from "../remote-repository.ts";
import { type ListPage, type ListRequest, listPages, type PageContent } from "./pages.ts";
import { parsePage } from "./parse-page.ts";

/** ECR refuses more, distribution 3.1 too; others give fewer than they are asked for. */
const PAGE_LENGTH = 1000;

/** Which pages of a list are asked for. */
export interface PageOptions {
  /** The most items of a page. Default: what brings the list in the fewest requests. A registry may give fewer, and Google's gives more. */
  readonly maxPageSize?: number | undefined;
  /** The item after which the first page begins: the `last` of the page before. Google's registries begin anew. */
  readonly last?: string | undefined;
}

/** A list of names in a JSON document. */
export type NameList<T> = Pick<ListRequest<T>, "kind" | "scopes" | "keyOf" | "checkKey"> & {
  /** Without a query. */
  readonly path: string;
  /** The field of the document that holds the names. */
  readonly field: "tags" | "repositories";
  /** What is made of the names of a page. */
  readonly itemsOf: (names: readonly string[], document: Readonly<Record<string, unknown>>) => PageContent<T>;
};

/**
 * The names in a list of tags or repositories, page by page, 1000 of them unless `maxPageSize` says otherwise; without a length where the registry refuses that (400).
 * @throws {IncompleteListError} after what came, where the end is not proven.
 */
export async function* listNames<T>(
  registry: RemoteRegistry,
  { path, field, itemsOf, ...list }: NameList<T>,
  { maxPageSize = PAGE_LENGTH, last, ...options }: CallOptions & PageOptions = {},
): AsyncGenerator<ListPage<T>, void, void> {
  const request = (length: number | undefined): ListRequest<T> => ({
    ...list,
    path: `${path}${pageQuery({ maxPageSize: length, last })}`,
    after: (key) => `${path}${pageQuery({ maxPageSize: length, last: key })}`,
    length,
    read: (response) => {
      const { names, document } = namesIn(response, field);
      const { next } = document;
      return { hasMore: typeof next === "string" && next !== "", ...itemsOf(names, document) };
    },
  });
  let any = false;
  try {
    for await (const page of listPages(registry, request(maxPageSize), options)) {
      any = true;
      yield page;
    }
  } catch (error) {
    if (any || statusOf(error) !== 400) throw error;
    yield* listPages(registry, request(undefined), options);
  }
}

/** @throws {RangeError} for a length that is none. */
export function checkPageSize({ maxPageSize = 1 }: PageOptions): void {
  if (Number.isSafeInteger(maxPageSize) && maxPageSize > 0) return;
  throw new RangeError(`Bad maxPageSize ${maxPageSize}: expected a whole number from 1`);
}

/** The query that asks for a page; `?n=100&last=a`. */
export function pageQuery({ maxPageSize, last }: PageOptions, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(more);
  if (maxPageSize !== undefined) query.set("n", String(maxPageSize));
  if (last !== undefined) query.set("last", last);
  return query.size === 0 ? "" : `?${query}`;
}

function namesIn(
  response: WholeResponse,
  field: string,
): { readonly names: readonly string[]; readonly document: Readonly<Record<string, unknown>> } {
  const init: RegistryErrorInit = { method: "GET", url: response.url.href, status: response.status };
  const bad = (detail: string, cause?: unknown) =>
    new RegistryError("PROTOCOL", `Cannot read the list of ${field}: ${detail}`, { ...init, cause });
  const parsed = parsePage(response, `Cannot read the list of ${field}`);
  if (typeof parsed !== "object" || parsed === null) throw bad("the answer is no object");
  const document: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(parsed));
  const names = document[field];
  // Go writes an empty list that was never made as null.
  if (names === null) return { names: [], document };
  if (names === undefined) throw new IncompleteListError(`Cannot read the list: an answer has no "${field}"`, init);
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw bad(`"${field}" is no list of names`);
  return { names, document };
}
