import type { Descriptor } from "../content/descriptor.ts";
import type { Digest } from "../content/digest.ts";
import { verified } from "../content/verify.ts";
import type { CallOptions, Open } from "../store/store.ts";
import { pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { RegistryResponse } from "./request.ts";
import type { UploadSession } from "./start-upload.ts";

/** The longest wait for the answer to a commit, in ms: large blobs are moved and hashed again there. */
const COMMIT_TIMEOUT_MS = 15 * 60_000;

/** The content could not be read, or is wrong: the upload is over, whatever the registry says. The `cause` is what happened. */
export class ContentFailure extends Error {
  constructor(cause: unknown) {
    super("The content to push could not be read", { cause });
    this.name = "ContentFailure";
  }
}

/**
 * Sends the blob and commits it in one request. Its last piece is held back until size and digest match; else the connection is destroyed.
 * Requests: 1 PUT. Spec: distribution-spec v1.1.1, "POST then PUT" (end-6).
 * @throws {ContentFailure}
 */
export async function putBlob(
  repository: RemoteRepository,
  session: UploadSession,
  descriptor: Descriptor,
  open: Open,
  options: CallOptions = {},
): Promise<void> {
  const path = withDigest(session.location, descriptor.digest);
  await send(repository, "PUT", path, [200, 201, 204], { descriptor, open }, options);
}

/**
 * Sends the blob in one PATCH and commits it with an empty PUT, for registries that know no other way (old Artifactory).
 * Requests: 2. Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5, end-6).
 * @throws {ContentFailure}
 */
export async function patchBlob(
  repository: RemoteRepository,
  session: UploadSession,
  descriptor: Descriptor,
  open: Open,
  options: CallOptions = {},
): Promise<void> {
  // ECR answers 201 to a PATCH.
  const response = await send(repository, "PATCH", session.location, [201, 202, 204], { descriptor, open }, options);
  const location = response.headers["location"];
  if (location !== undefined) session.location = repository.client.resolveLocation(location, response.url);
  await commitUpload(repository, session, descriptor.digest, options);
}

/** Ends an upload whose bytes are all there. Requests: 1 PUT without a body. Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-6). */
export async function commitUpload(
  repository: RemoteRepository,
  session: UploadSession,
  digest: Digest,
  options: CallOptions = {},
): Promise<void> {
  await send(repository, "PUT", withDigest(session.location, digest), [200, 201, 204], undefined, options);
}

/** The Location as it was given, signed query and all, with the digest added. */
function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  const parameter = `digest=${encodeURIComponent(digest)}`;
  // Not searchParams, which would write the given query anew and break its signature.
  url.search = url.search === "" ? parameter : `${url.search}&${parameter}`;
  return url;
}

async function send(
  repository: RemoteRepository,
  method: "PUT" | "PATCH",
  path: URL,
  accept: readonly number[],
  content: { readonly descriptor: Descriptor; readonly open: Open } | undefined,
  options: CallOptions,
): Promise<RegistryResponse> {
  let failure: ContentFailure | undefined;
  async function* body({ descriptor, open }: NonNullable<typeof content>): AsyncGenerator<Uint8Array, void, void> {
    failure = undefined;
    try {
      yield* verified(await open(0, options.signal), descriptor);
    } catch (error) {
      failure = new ContentFailure(error);
      throw error;
    }
  }
  try {
    const response = await repository.client.request({
      method,
      path,
      kind: "upload",
      scopes: [pushScope(repository.name)],
      headers: { "content-type": "application/octet-stream" },
      ...(content === undefined ? {} : { body: () => body(content), contentLength: content.descriptor.size }),
      accept,
      retry: false,
      headersTimeoutMs: COMMIT_TIMEOUT_MS,
      call: options,
    });
    await response.body.drop();
    return response;
  } catch (error) {
    throw failure ?? error;
  }
}
