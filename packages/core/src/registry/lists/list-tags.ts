import { parseTag } from "../../content/tag.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { CallOptions, ListedTag } from "../../store/store.ts";
import { explained } from "../explain.ts";
import { labelOf, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { listedTags } from "./google-tags.ts";
import { listNames, type PageOptions } from "./list-names.ts";
import type { ListPage } from "./pages.ts";

/** Every tag of the repository, one by one; `listTagPages` has the rest. */
export async function* listTags(
  repository: RemoteRepository,
  options: CallOptions = {},
): AsyncGenerator<string, void, void> {
  for await (const { items } of listTagPages(repository, options)) for (const { name } of items) yield name;
}

/**
 * The tags of the repository, in the registry's order, with digests and times where the list has them. 1 request for each 1000 tags, or as many as the registry gives at once.
 * Spec: distribution-spec v1.1.1, "Listing Tags" (end-8).
 * @throws {RegistryError} NAME_UNKNOWN where there is no such repository, UNSUPPORTED where there is no such list. @throws {IncompleteListError} after what came, where the end is not proven.
 */
export async function* listTagPages(
  repository: RemoteRepository,
  options: CallOptions & PageOptions = {},
): AsyncGenerator<ListPage<ListedTag>, void, void> {
  const list = {
    path: `/v2/${repository.name}/tags/list`,
    field: "tags",
    kind: "tags",
    scopes: [pullScope(repository.name)],
    keyOf: ({ name }: ListedTag) => name,
    checkKey: parseTag,
    itemsOf: listedTags,
  } as const;
  try {
    yield* listNames(repository, list, options);
  } catch (error) {
    throw explained(
      error,
      `Cannot list the tags of "${labelOf(repository)}"`,
      hasNoList(error) ? "UNSUPPORTED" : undefined,
    );
  }
}

/** A 404 in which the registry says nothing of its own is that of a server without this list. It says nothing of the repository. */
function hasNoList(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404 && error.errors.length === 0;
}
