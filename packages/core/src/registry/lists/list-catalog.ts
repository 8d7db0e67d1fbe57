import { parseRepositoryName } from "../../content/repository-name.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import type { RemoteRegistry } from "../remote-repository.ts";
import { listNames, type PageOptions } from "./list-names.ts";
import type { ListPage } from "./pages.ts";

/** Every repository of the registry, one by one; `listCatalogPages` has the rest. */
export async function* listCatalog(
  registry: RemoteRegistry,
  options: CallOptions = {},
): AsyncGenerator<string, void, void> {
  for await (const { items } of listCatalogPages(registry, options)) yield* items;
}

/**
 * The repositories of the registry. 1 request for each 1000 names, or as many as the registry gives at once. The catalogue is distribution's, and not in the
 * spec: Docker Hub, GHCR and others have none.
 * @throws {RegistryError} UNSUPPORTED where the registry has none (404, 405), or shows it to nobody like us (401, 403).
 * @throws {IncompleteListError} after what came, where the end is not proven.
 */
export async function* listCatalogPages(
  registry: RemoteRegistry,
  options: CallOptions & PageOptions = {},
): AsyncGenerator<ListPage<string>, void, void> {
  const list = {
    path: "/v2/_catalog",
    field: "repositories",
    kind: "catalog",
    scopes: ["registry:catalog:*"],
    keyOf: (name: string) => name,
    checkKey: parseRepositoryName,
    itemsOf: (names: readonly string[]) => ({ items: names }),
  } as const;
  try {
    yield* listNames(registry, list, options);
  } catch (error) {
    const status = statusOf(error) ?? 0;
    const action = `Cannot list the repositories of "${registry.client.host}"`;
    if (![401, 403, 404, 405].includes(status)) throw explained(error, action);
    throw explained(error, `${action}: it has no catalogue, or keeps it from this user`, "UNSUPPORTED");
  }
}
