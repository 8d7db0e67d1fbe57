import { listTagPages } from "../registry/lists/list-tags.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";
import { type PagedList, pagedList, pageOf } from "./paged-list.ts";

/** The tags of a repository. Requests: 1 for each 1000. */
export function tagNames(remote: RemoteRepository, options: CallOptions): PagedList<string> {
  return pagedList(async function* (page) {
    for await (const { items, more } of listTagPages(remote, { ...options, ...page })) {
      const names = items.map(({ name }) => name);
      yield pageOf(names, more ? names.at(-1) : undefined);
    }
  });
}
