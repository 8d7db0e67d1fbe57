import { RegistryError } from "../errors.ts";
import type { CallOptions, RequestKind } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { nextLink } from "./link.ts";
import { readWhole, type WholeResponse } from "./read-whole.ts";
import type { RemoteRegistry } from "./remote-repository.ts";
import type { Scope } from "./request.ts";

/** The longest page that is read, in bytes: Google's tag list brings every digest of a repository at once. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

/** ECR refuses more, distribution 3.1 too; others give fewer than they are asked for. */
const PAGE_LENGTH = 1000;

export interface ListRequest {
  readonly path: string;
  readonly kind: RequestKind;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The pages of a list, a Link to the next one at a time. It ends where there is no Link, and at a page that came before: a registry that ignores
 * `last` (Google's) would go on for ever.
 * Requests: 1 a page. Memory: a page. Spec: distribution-spec v1.1.1, "Listing Tags" (end-8), RFC 8288.
 */
export async function* pages(
  registry: RemoteRegistry,
  list: ListRequest,
  options: CallOptions = {},
): AsyncGenerator<WholeResponse, void, void> {
  let path: string | URL = list.path;
  const seen = new Set<string>();
  for (;;) {
    const page = await get(registry, { ...list, path }, options);
    yield page;
    const next = nextLink(page.headers["link"]);
    if (next === undefined) return;
    path = registry.client.resolveLocation(next, page.url);
    if (seen.has(path.href)) return;
    seen.add(path.href);
  }
}

/** The names in a list of tags or repositories; it ends also at an empty page, and where a page begins and ends as one before. */
export async function* listNames(
  registry: RemoteRegistry,
  list: ListRequest,
  field: "tags" | "repositories",
  options: CallOptions = {},
): AsyncGenerator<string, void, void> {
  const seen = new Set<string>();
  for await (const page of firstPageOf(registry, list, options)) {
    const names = namesIn(page, field);
    const shape = JSON.stringify([names.length, names[0], names.at(-1)]);
    if (names.length === 0 || seen.has(shape)) return;
    seen.add(shape);
    yield* names;
  }
}

/** Asks for pages of 1000; without a length where that is refused (400). */
async function* firstPageOf(
  registry: RemoteRegistry,
  list: ListRequest,
  options: CallOptions,
): AsyncGenerator<WholeResponse, void, void> {
  let any = false;
  try {
    for await (const page of pages(registry, { ...list, path: `${list.path}?n=${PAGE_LENGTH}` }, options)) {
      any = true;
      yield page;
    }
  } catch (error) {
    if (any || statusOf(error) !== 400) throw error;
    yield* pages(registry, list, options);
  }
}

function get(
  registry: RemoteRegistry,
  list: Omit<ListRequest, "path"> & { readonly path: string | URL },
  options: CallOptions,
): Promise<WholeResponse> {
  const { signal, onRequest } = options;
  return readWhole(registry, { method: "GET", ...list, accept: [200], signal, onRequest }, { limit: MAX_PAGE_BYTES });
}

function namesIn(page: WholeResponse, field: string): readonly string[] {
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
  const names: unknown = Object.entries(document).find(([key]) => key === field)?.[1];
  // Go writes an empty list that was never made as null.
  if (names === null || names === undefined) return [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw bad(`"${field}" is no list of names`);
  return names;
}
