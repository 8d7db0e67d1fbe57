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

/** What a first page that comes at once again means. */
export interface PageRepeats {
  /** "end": the registry ignores paging (Google's does) and has given all. "refuse": it is a circle, as any later one is. Default "end". */
  readonly repeats?: "end" | "refuse" | undefined;
}

/**
 * The pages of a list, a Link to the next one at a time. It ends where there is no Link, and at a first page whose Link leads to itself: a registry that
 * ignores `last` would go on for ever. Any later page that leads to itself or back is refused, since what comes after it would be missing.
 * Requests: 1 a page. Memory: a page, and the URL of each. Spec: distribution-spec v1.1.1, "Listing Tags" (end-8), RFC 8288.
 * @throws {RegistryError} PROTOCOL where the pages go in a circle; where `repeats` is "refuse", also for a first page that leads to itself.
 */
export async function* pages(
  registry: RemoteRegistry,
  list: ListRequest,
  { repeats = "end", ...options }: CallOptions & PageRepeats = {},
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
    if (seen.has(path.href)) {
      if (repeats === "end" && seen.size === 1) return;
      throw circle(page);
    }
    seen.add(path.href);
  }
}

function get(
  registry: RemoteRegistry,
  list: Omit<ListRequest, "path"> & { readonly path: string | URL },
  options: CallOptions,
): Promise<WholeResponse> {
  return readWhole(registry, { method: "GET", ...list, accept: [200], call: options }, { limit: MAX_PAGE_BYTES });
}

/** The error for a list that would go on for ever. */
export function circle(page: WholeResponse): RegistryError {
  return new RegistryError("PROTOCOL", "Cannot read the list: its pages go in a circle", {
    method: "GET",
    url: page.url.href,
    status: page.status,
  });
}
