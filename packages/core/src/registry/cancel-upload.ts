import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { RegistryResponse } from "./request.ts";
import type { UploadSession } from "./start-upload.ts";

const CANCEL_TIMEOUT_MS = 5_000;
const TRIES = 3;

/**
 * Ends an upload that will not be committed, within 5 s and whatever becomes of the caller's signal. A registry that does not know
 * the session, or cannot cancel, loses nothing by it: unused sessions expire.
 * Requests: 1 DELETE; where its Location is stale (distribution 3.1 answers 416), a GET for the newest one and another DELETE.
 */
export async function cancelUpload(
  repository: RemoteRepository,
  session: UploadSession,
  options: Omit<CallOptions, "signal"> = {},
): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        await ask(repository, "DELETE", session, [200, 202, 204, 404], { ...options, signal });
        return;
      } catch (error) {
        // Bytes of a broken request may still be coming in there, so a fresh Location can be stale again.
        if (statusOf(error) !== 416 || tries === TRIES) return;
      }
      const status = await ask(repository, "GET", session, [200, 202, 204], { ...options, signal });
      const location = status.headers["location"];
      if (location === undefined) return;
      session.location = repository.client.resolveLocation(location, status.url);
    }
  } catch {
    // Best effort: what made the upload fail is what the caller needs to hear.
  }
}

async function ask(
  repository: RemoteRepository,
  method: "GET" | "DELETE",
  session: UploadSession,
  accept: readonly number[],
  options: CallOptions,
): Promise<RegistryResponse> {
  const response = await repository.client.request({
    method,
    path: session.location,
    kind: "upload",
    scopes: [pushScope(repository.name)],
    accept,
    retry: false,
    call: options,
  });
  await response.body.drop();
  return response;
}
