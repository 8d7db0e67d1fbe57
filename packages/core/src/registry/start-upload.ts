import type { Digest } from "../content/digest.ts";
import { RegistryError } from "../errors.ts";
import type { CallOptions, PushOutcome } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { withGrace } from "./grace.ts";
import { pullScope, pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { RegistryResponse } from "./request.ts";

/** How long a POST may go on after an abort, in ms: a session whose Location never came cannot be cancelled. */
const POST_GRACE_MS = 1_000;

/** An upload that is open at the registry. */
export interface UploadSession {
  /** The newest Location, a capability: it shows in no message. */
  location: URL;
  /** The fewest bytes of a chunk that is not the last one, where the registry says it (OCI-Chunk-Min-Length). */
  readonly chunkMinLength?: number;
}

/** What a POST to the uploads brought: the blob itself, or a session. */
export type StartedUpload =
  | { readonly outcome: Exclude<PushOutcome, "pushed"> }
  | {
      readonly session: UploadSession;
      /** Whether it answers a self-mount: where the host is known to answer those with 201, the blob is not there. */
      readonly selfMount: boolean;
    };

/**
 * Asks for a mount, and gets a session where there is nothing to mount. The source is the best repository known to hold the blob,
 * else the repository itself, which makes it an existence check. A refusal (4xx but 429) falls back to a plain POST under the target's
 * scope alone, and is remembered for this pair of repositories.
 * Requests: 1, or 2 after a refusal. Spec: distribution-spec v1.1.1, "Mounting a blob from another repository" (end-11, end-4a).
 */
export async function mountOrStart(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions & { readonly mountFrom?: readonly string[] | undefined } = {},
): Promise<StartedUpload> {
  const { profile, name } = repository;
  const from = mountSource(repository, options.mountFrom ?? []);
  if (from === undefined) return { session: await startUpload(repository, options), selfMount: false };
  let response: RegistryResponse;
  try {
    const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
    const scopes = from === name ? [pushScope(name)] : [pullScope(from), pushScope(name)];
    response = await post(repository, query, scopes, [201, 202], options);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const session = await startUpload(repository, options);
    // Only now: had the plain POST failed too, the mount was not what was refused.
    profile.refuseMount(from, name);
    if (from === name) profile.existence = "head-first";
    return { session, selfMount: false };
  }
  if (response.status === 202) return { session: sessionOf(repository, response), selfMount: from === name };
  if (from !== name) return { outcome: "mounted" };
  profile.existence = "proven";
  return { outcome: "existed" };
}

/** Opens an upload. Requests: 1. Spec: distribution-spec v1.1.1, "POST then PUT" (end-4a). */
export async function startUpload(repository: RemoteRepository, options: CallOptions = {}): Promise<UploadSession> {
  const response = await post(repository, "", [pushScope(repository.name)], [202], options);
  return sessionOf(repository, response);
}

async function post(
  repository: RemoteRepository,
  query: string,
  scopes: readonly string[],
  accept: readonly number[],
  options: CallOptions,
): Promise<RegistryResponse> {
  return withGrace(options.signal, POST_GRACE_MS, async (signal) => {
    const response = await repository.client.request({
      method: "POST",
      path: `/v2/${repository.name}/blobs/uploads/${query}`,
      kind: "upload",
      scopes,
      accept,
      // Safe to repeat: a session whose answer was lost expires at the registry.
      retry: true,
      call: { ...options, signal },
    });
    await response.body.drop();
    return response;
  });
}

function sessionOf(repository: RemoteRepository, response: RegistryResponse): UploadSession {
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

function mountSource(repository: RemoteRepository, candidates: readonly string[]): string | undefined {
  const { profile, name } = repository;
  const known = candidates.find((from) => from !== name && !profile.refusesMount(from, name));
  if (known !== undefined) return known;
  return profile.existence === "head-first" || profile.refusesMount(name, name) ? undefined : name;
}

/** A refusal may also come from the token server, for the combined scope: it has a 4xx status or the code CREDENTIALS. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return error instanceof RegistryError && error.code === "CREDENTIALS";
  return status >= 400 && status < 500 && status !== 429;
}
