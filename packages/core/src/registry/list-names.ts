import { RegistryError } from "../errors.ts";
import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { circle, type ListPage, type ListRequest, type PageRepeats, pages } from "./pages.ts";
import type { RemoteRegistry } from "./remote-repository.ts";

/** ECR refuses more, distribution 3.1 too; others give fewer than they are asked for. */
const PAGE_LENGTH = 1000;

/** Which pages of a list are asked for. */
export interface PageOptions {
  /** The most items of a page. Default: what brings the list in the fewest requests. A registry may give fewer, and Google's gives more. */
  readonly maxPageSize?: number | undefined;
  /** The item after which the first page begins: the `last` of the page before. Google's registries begin anew. */
  readonly last?: string | undefined;
}

/** Names, and whether there are further pages. */
export interface NamePage {
  readonly names: readonly string[];
  readonly more: boolean;
  /** The answer that they stand in: some registries say more in it. */
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * The names in a list of tags or repositories, page by page; it ends also at an empty page, and where the first page comes at once again: that registry
 * ignores `last`, and has given all.
 * @throws {RegistryError} PROTOCOL where a page comes again after others, or `repeats` is "refuse": the rest of the names would be missing.
 */
export async function* listNames(
  registry: RemoteRegistry,
  list: ListRequest,
  field: "tags" | "repositories",
  options: CallOptions & PageOptions & PageRepeats = {},
): AsyncGenerator<NamePage, void, void> {
  const seen = new Set<string>();
  for await (const page of askedPages(registry, list, options)) {
    const { names, document } = namesIn(page, field);
    const shape = JSON.stringify([names.length, names[0], names.at(-1)]);
    if (names.length === 0) return;
    if (seen.has(shape)) {
      if (options.repeats === "refuse" || seen.size > 1) throw circle(page);
      return;
    }
    seen.add(shape);
    yield { names, more: page.more, document };
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

/** Asks for pages of that length; without a length where that is refused (400). */
async function* askedPages(
  registry: RemoteRegistry,
  list: ListRequest,
  { maxPageSize = PAGE_LENGTH, last, ...options }: CallOptions & PageOptions & PageRepeats,
): AsyncGenerator<ListPage, void, void> {
  const asked = { ...list, path: `${list.path}${pageQuery({ maxPageSize, last })}` };
  let any = false;
  try {
    for await (const page of pages(registry, asked, options)) {
      any = true;
      yield page;
    }
  } catch (error) {
    if (any || statusOf(error) !== 400) throw error;
    yield* pages(registry, { ...list, path: `${list.path}${pageQuery({ last })}` }, options);
  }
}

function namesIn(page: ListPage, field: string): Pick<NamePage, "names" | "document"> {
  const bad = (detail: string, cause?: unknown) =>
    new RegistryError("PROTOCOL", `Cannot read the list of ${field}: ${detail}`, {
      cause,
      method: "GET",
      url: page.url.href,
      status: page.status,
    });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(page.bytes));
  } catch (error) {
    throw bad("the answer is no JSON", error);
  }
  if (typeof document !== "object" || document === null) throw bad("the answer is no object");
  const fields: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(document));
  const names = fields[field];
  // Go writes an empty list that was never made as null.
  if (names === null || names === undefined) return { names: [], document: fields };
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw bad(`"${field}" is no list of names`);
  return { names, document: fields };
}
