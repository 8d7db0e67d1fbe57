import type { CallOptions } from "../store/store.ts";
import { pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { UploadSession } from "./start-upload.ts";

/** The longest wait for the answer to a chunk, in ms: some registries hash or move it first. */
const CHUNK_TIMEOUT_MS = 5 * 60_000;

/** What is handed to the connection at once: a kept one that dies before it took more was dead already, and the chunk goes over another one. */
const SLICE_BYTES = 64 * 1024;

/**
 * Sends the bytes of a blob that begin at `offset`. The bytes must stay as they are until it settles. The `Range` of the answer is not read: ECR's
 * sticks at the first chunk and Aliyun's counts from the chunk's start; the digest at the commit says whether all came.
 * Requests: 1 PATCH, not repeated. Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5); `Content-Range: START-END` without a unit.
 * @throws {RegistryError} what the registry refused.
 */
export async function patchChunk(
  repository: RemoteRepository,
  session: UploadSession,
  { bytes, offset }: { readonly bytes: Uint8Array; readonly offset: number },
  options: CallOptions = {},
): Promise<void> {
  const response = await repository.client.request({
    method: "PATCH",
    path: session.location,
    kind: "upload",
    scopes: [pushScope(repository.name)],
    headers: {
      "content-type": "application/octet-stream",
      "content-range": `${offset}-${offset + bytes.length - 1}`,
    },
    body: () => slices(bytes),
    contentLength: bytes.length,
    // ECR answers 201.
    accept: [201, 202, 204],
    retry: false,
    headersTimeoutMs: CHUNK_TIMEOUT_MS,
    call: options,
  });
  await response.body.drop();
  const location = response.headers["location"];
  if (location !== undefined) session.location = repository.client.resolveLocation(location, response.url);
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
