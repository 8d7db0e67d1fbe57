import { RegistryError } from "../errors.ts";
import type { CallOptions, RequestKind } from "../store/store.ts";
import { nextLink } from "./link.ts";
import { readWhole, type WholeResponse } from "./read-whole.ts";
import type { RemoteRegistry } from "./remote-repository.ts";
import type { Scope } from "./request.ts";

/** The longest page that is read, in bytes: Google's tag list brings every digest of a repository at once. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

export interface ListRequest {
  readonly path: string;
  readonly kind: RequestKind;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer of a list. */
export interface ListPage extends WholeResponse {
  /** Whether it has a Link to a next one. */
  readonly more: boolean;
}

/**
 * The pages of a list, a Link to the next one at a time. It ends where there is no Link, and at a Link that was followed before: a registry that ignores
 * `last` (Google's) would go on for ever.
 * Requests: 1 a page. Memory: a page. Spec: distribution-spec v1.1.1, "Listing Tags" (end-8), RFC 8288.
 * @throws {RegistryError} where `repeats` is "refuse", PROTOCOL in place of that early end.
 */
export async function* pages(
  registry: RemoteRegistry,
  list: ListRequest,
  { repeats = "end", ...options }: CallOptions & { readonly repeats?: "end" | "refuse" } = {},
): AsyncGenerator<ListPage, void, void> {
  let path: string | URL = list.path;
  const seen = new Set<string>();
  for (;;) {
    const page = await get(registry, { ...list, path }, options);
    seen.add(page.url.href);
    const next = nextLink(page.headers["link"]);
    yield { ...page, more: next !== undefined };
    if (next === undefined) return;
    path = registry.client.resolveLocation(next, page.url);
    if (!seen.has(path.href)) seen.add(path.href);
    else if (repeats === "refuse") throw circle(page);
    else return;
  }
}

function get(
  registry: RemoteRegistry,
  list: Omit<ListRequest, "path"> & { readonly path: string | URL },
  options: CallOptions,
): Promise<WholeResponse> {
  return readWhole(registry, { method: "GET", ...list, accept: [200], call: options }, { limit: MAX_PAGE_BYTES });
}

function circle(page: WholeResponse): RegistryError {
  return new RegistryError("PROTOCOL", "Cannot read the list: its pages go in a circle", {
    method: "GET",
    url: page.url.href,
    status: page.status,
  });
}
