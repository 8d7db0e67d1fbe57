import { ApiError } from "../api-error.ts";
import type { Answer, ServedRequest } from "../exchange.ts";
import { pageOf } from "../page.ts";
import type { Repository } from "../storage/repository.ts";

/** Lists tags. Spec: distribution-spec v1.1.1, "Listing Tags" (end-8a, end-8b). @throws {ApiError} NAME_UNKNOWN. */
export async function listTags(repository: Repository, request: ServedRequest): Promise<Answer> {
  const tags = await repository.tags();
  if (tags === undefined) throw new ApiError(404, "NAME_UNKNOWN", `Cannot find repository "${repository.name}"`);
  const { items, headers } = pageOf(tags, request);
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ name: repository.name, tags: items }),
  };
}
