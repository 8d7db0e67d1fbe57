import type { Descriptor } from "../../../content/descriptor.ts";
import type { CallOptions } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import { pushScope, type RemoteRepository } from "../../remote-repository.ts";
import type { Outgoing } from "../content/outgoing.ts";
import { postUpload, sessionOf, startUpload } from "./start-upload.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * Opens an upload with the whole of a small blob in the request, which some registries take as the upload itself (zot, crane's registry). Others answer as if
 * there was no body (distribution), and the session is what comes back; they are not asked that way again.
 * Requests: 1, or 2 where it is refused. Spec: distribution-spec v1.1.1, "Single POST" (end-4b).
 * @throws {ContentFailure} @throws {RegistryError} what the registry refused.
 */
export async function postBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  content: Outgoing | undefined,
  options: CallOptions = {},
): Promise<UploadSession | "pushed"> {
  const { profile, name } = repository;
  const { digest, size } = descriptor;
  if (size === 0 || content === undefined || profile.get("singlePost") === false) {
    return startUpload(repository, options);
  }
  const part = await content.part(0, size);
  try {
    const response = await postUpload(
      repository,
      {
        query: `?digest=${encodeURIComponent(digest)}`,
        scopes: [pushScope(name)],
        headers: { "content-type": "application/octet-stream" },
        body: () => part.body(),
        contentLength: size,
        accept: [201, 202],
      },
      options,
    );
    profile.learn({ singlePost: response.status === 201 });
    return response.status === 201 ? "pushed" : sessionOf(repository, response);
  } catch (error) {
    if (part.failure !== undefined) throw part.failure;
    if (![400, 404, 405, 411, 415, 501].includes(statusOf(error) ?? 0)) throw error;
    const session = await startUpload(repository, options);
    // Only now: had the plain POST failed too, the body was not what was refused.
    profile.learn({ singlePost: false });
    return session;
  }
}
