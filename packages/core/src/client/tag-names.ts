import type { NamePage } from "../registry/list-names.ts";
import { listTagPages } from "../registry/list-tags.ts";
import type { PageRepeats } from "../registry/pages.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";
import { type Page, type PagedList, pagedList, pageOf } from "./paged-list.ts";

/** The tags of a repository; `repeats` says what is done where a page comes again. Requests: 1 for each 1000. */
export function tagNames(remote: RemoteRepository, options: CallOptions & PageRepeats): PagedList<string> {
  return pagedList((page) => namePages(listTagPages(remote, { ...options, ...page })));
}

/** Pages of a list, as its reader gets them. */
export async function* namePages(pages: AsyncIterable<NamePage>): AsyncGenerator<Page<string>, void, void> {
  for await (const { names, more } of pages) yield pageOf(names, more ? names.at(-1) : undefined);
}
