import { RegistryError } from "../../../errors/errors.ts";
import type { RegistryRequest, RegistryResponse } from "../../../http/request.ts";
import type { CallOptions } from "../../../store/store.ts";
import { pushScope, type RemoteRepository } from "../../remote-repository.ts";
import { withGrace } from "./grace.ts";
import type { UploadSession } from "./upload-session.ts";

/** How long a POST may go on after an abort, in ms: a session whose Location never came cannot be cancelled. */
const POST_GRACE_MS = 1_000;

/** Opens an upload. Requests: 1. Spec: distribution-spec v1.1.1, "POST then PUT" (end-4a). */
export async function startUpload(repository: RemoteRepository, options: CallOptions = {}): Promise<UploadSession> {
  const response = await postUpload(repository, { scopes: [pushScope(repository.name)], accept: [202] }, options);
  return sessionOf(repository, response);
}

/** What goes with a POST to a repository's uploads. */
export interface UploadPost extends Pick<RegistryRequest, "scopes" | "accept" | "body" | "contentLength" | "headers"> {
  readonly query?: string | undefined;
}

/** A POST to the uploads of a repository, in whichever of its meanings. Requests: 1, repeated where it may pass. */
export async function postUpload(
  repository: RemoteRepository,
  { query = "", ...request }: UploadPost,
  options: CallOptions,
): Promise<RegistryResponse> {
  return withGrace(options.signal, POST_GRACE_MS, async (signal) => {
    const response = await repository.client.request({
      ...request,
      method: "POST",
      path: `/v2/${repository.name}/blobs/uploads/${query}`,
      kind: "upload",
      // Safe to repeat: a session whose answer was lost expires at the registry.
      retry: true,
      call: { ...options, signal },
    });
    await response.body.drop();
    return response;
  });
}

/** The session that a 202 has opened. @throws {RegistryError} PROTOCOL where it has no Location. */
export function sessionOf(repository: RemoteRepository, response: RegistryResponse): UploadSession {
  const location = response.headers["location"];
  if (location === undefined) {
    throw new RegistryError("PROTOCOL", "the answer to the start of the upload has no Location", {
      status: response.status,
      method: "POST",
      url: response.url.href,
    });
  }
  const minimum = response.headers["oci-chunk-min-length"] ?? "";
  return {
    location: repository.client.resolveLocation(location, response.url),
    ...(/^\d{1,15}$/.test(minimum) ? { chunkMinLength: Number(minimum) } : {}),
  };
}
