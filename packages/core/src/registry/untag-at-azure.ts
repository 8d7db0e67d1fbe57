import { deleteAcr } from "../acr/acr-request.ts";
import { tagRequest } from "../acr/resources.ts";
import { RegistryError, StoreError } from "../errors.ts";
import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { labelOf, type RemoteRepository } from "./remote-repository.ts";

/**
 * Removes one tag by Azure's own request (`DELETE /acr/v1/NAME/_tags/TAG`), since Azure Container Registry refuses the spec's. False where the registry has no such request,
 * which is remembered. Requests: 1, none where it is known that there is none.
 * @throws {StoreError} LOCKED; MANIFEST_UNKNOWN.
 */
export async function untagAtAzure(
  repository: RemoteRepository,
  tag: string,
  options: CallOptions = {},
): Promise<boolean> {
  const { profile } = repository;
  const details = profile.get("tagDetails");
  if (details === "none" || details === "tags" || profile.refusesAzureTags) return false;
  try {
    await deleteAcr(repository, tagRequest(repository, tag, "delete"), options);
  } catch (error) {
    if (error instanceof RegistryError && statusOf(error) === 405) {
      const how = `unlock it with: tranship acr unlock ${labelOf(repository)}:${tag}`;
      throw new StoreError("LOCKED", `Cannot delete tag "${tag}" from "${labelOf(repository)}": it is locked; ${how}`, {
        cause: error,
      });
    }
    // Azure finds nothing wrong with the request: whoever does so does not know it.
    if (details === undefined && statusOf(error) === 400) profile.refusesAzureTags = true;
    else if (error instanceof StoreError && error.code === "UNSUPPORTED") profile.learn({ tagDetails: "none" });
    else throw error;
    return false;
  }
  profile.learn({ tagDetails: "acr" });
  return true;
}
