import type { Answer, ServedRequest } from "../exchange.ts";
import { compareNames } from "../names.ts";
import { pageOf } from "../page.ts";
import type { Registry } from "../registry.ts";

/** Lists repositories. Not in the spec; distribution 2.8 and 3.1, "Catalog", pages as for tags. */
export async function listRepositories(registry: Registry, request: ServedRequest): Promise<Answer> {
  const names = (await registry.folder.names()).toSorted(compareNames);
  const { items, headers } = pageOf(names, request);
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ repositories: items }),
  };
}
