import { RegistryError } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { type AcrRequest, deleteAcr } from "./acr-request.ts";
import { noAcr } from "./other-registry.ts";
import { whyNotAzure } from "./why-not-azure.ts";

/**
 * Deletes a tag or a repository by Azure's own request. False where there is nothing to delete: Azure
 * says so, or, where Azure does not show itself since the repository is missing, the distribution API says so too.
 * Requests: 1 DELETE, and 1 GET before the first one in a process.
 * @param isThere Looks for it by the distribution API.
 * @throws {StoreError} UNSUPPORTED where the host does not show that it is Azure: nothing is sent that deletes.
 */
export async function deleteAtAzure(
  repository: RemoteRepository,
  request: Omit<AcrRequest<unknown>, "parse">,
  isThere: () => Promise<boolean>,
  options: CallOptions = {},
): Promise<boolean> {
  const otherwise = await whyNotAzure(repository, options);
  if (otherwise === undefined) {
    try {
      await deleteAcr(repository, request, options);
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }
  if (statusOf(otherwise) === 404 && !(await isThere())) return false;
  if (statusOf(otherwise) === 401 || statusOf(otherwise) === 403) throw explained(otherwise, request.action);
  const answer = otherwise instanceof RegistryError ? otherwise : otherwise.cause;
  throw noAcr(request.action, answer instanceof RegistryError ? answer : undefined);
}
