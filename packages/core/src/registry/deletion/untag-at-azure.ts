import { StoreError } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { deleteAcr } from "../azure/acr-request.ts";
import { tagRequest } from "../azure/resources.ts";
import { whyNotAzure } from "../azure/why-not-azure.ts";
import { statusOf } from "../explain.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";

/**
 * Removes one tag by Azure's own request (`DELETE /acr/v1/NAME/_tags/TAG`), since Azure Container
 * Registry refuses the spec's. False where the host has not shown that it is Azure: nothing is deleted.
 * Requests: 1 DELETE, and 1 GET before the first one in a process; none where it is known that the host is not Azure.
 * @throws {StoreError} LOCKED; MANIFEST_UNKNOWN.
 */
export async function untagAtAzure(
  repository: RemoteRepository,
  tag: string,
  options: CallOptions = {},
): Promise<boolean> {
  const { profile } = repository;
  const details = profile.get("tagDetails");
  if (profile.answersAsAzure === false || details === "none" || details === "tags") return false;
  const otherwise = await whyNotAzure(repository, options);
  if (otherwise !== undefined) {
    // There is no such API, which later runs need not find out again; a refusal may be answered another time.
    if (otherwise.code === "UNSUPPORTED") profile.learn({ tagDetails: "none" });
    return false;
  }
  profile.learn({ tagDetails: "acr" });
  try {
    await deleteAcr(repository, tagRequest(repository, tag, "delete"), options);
  } catch (error) {
    if (statusOf(error) !== 405) throw error;
    const how = `unlock it with: tranship acr unlock ${labelOf(repository)}:${tag}`;
    throw new StoreError("LOCKED", `Cannot delete tag "${tag}" from "${labelOf(repository)}": it is locked; ${how}`, {
      cause: error,
    });
  }
  return true;
}
