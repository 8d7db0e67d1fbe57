import { RegistryError, StoreError } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import type { HostProfile } from "../profile/host-profile.ts";
import { isAzureName } from "../profile/known-host.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { listAcr } from "./acr-request.ts";
import { noAcr } from "./other-registry.ts";
import { tagsRequest } from "./resources.ts";

/**
 * Why the host is not treated as Azure Container Registry; undefined where it has shown that it is: by
 * a name in one of Azure's zones, or by a document of Azure's API since this process began.
 * Requests: none where it has shown it, else 1 GET for one tag of the repository.
 * @throws {RegistryError} where the answer tells nothing: no connection, 429, 5xx. The signal's reason.
 */
export async function whyNotAzure(
  repository: RemoteRepository,
  options: CallOptions = {},
): Promise<StoreError | undefined> {
  const { profile, client } = repository;
  if (hasShownIt(profile) || isAzureName(client.host)) return undefined;
  const request = tagsRequest(repository);
  try {
    for await (const _ of listAcr(repository, request, {}, { ...options, maxPageSize: 1 })) break;
  } catch (error) {
    if (!(error instanceof StoreError) || tellsNothing(error)) throw error;
    profile.answersAsAzure ??= false;
    return error;
  }
  // A success that does not name the repository: some hosts answer every path with one.
  return hasShownIt(profile) ? undefined : noAcr(request.action);
}

function hasShownIt({ answersAsAzure }: HostProfile): boolean {
  return answersAsAzure === true;
}

function tellsNothing(error: StoreError): boolean {
  if (!(error instanceof RegistryError)) return false;
  const { status, code } = error;
  return status === undefined || status === 429 || status >= 500 || code === "RATE_LIMITED";
}
