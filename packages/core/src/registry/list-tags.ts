import type { CallOptions } from "../store/store.ts";
import { explained } from "./explain.ts";
import { listNames, type NamePage, type PageOptions } from "./list-names.ts";
import type { PageRepeats } from "./pages.ts";
import { labelOf, pullScope, type RemoteRepository } from "./remote-repository.ts";

/** Every tag of the repository, one by one; `listTagPages` has the rest. */
export async function* listTags(
  repository: RemoteRepository,
  options: CallOptions = {},
): AsyncGenerator<string, void, void> {
  for await (const { names } of listTagPages(repository, options)) yield* names;
}

/**
 * The tags of the repository, in the registry's order. 1 request for each 1000 tags, or as many as the registry gives at once.
 * Spec: distribution-spec v1.1.1, "Listing Tags" (end-8).
 * @throws {RegistryError} NAME_UNKNOWN where there is no such repository; PROTOCOL where the pages go in a circle.
 */
export async function* listTagPages(
  repository: RemoteRepository,
  options: CallOptions & PageOptions & PageRepeats = {},
): AsyncGenerator<NamePage, void, void> {
  const path = `/v2/${repository.name}/tags/list`;
  try {
    yield* listNames(repository, { path, kind: "tags", scopes: [pullScope(repository.name)] }, "tags", options);
  } catch (error) {
    throw explained(error, `Cannot list the tags of "${labelOf(repository)}"`);
  }
}
