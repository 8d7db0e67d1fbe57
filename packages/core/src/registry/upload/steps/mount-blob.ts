import { algorithmOf, type Digest } from "../../../digest/digest.ts";
import { RegistryError } from "../../../errors/errors.ts";
import type { RegistryResponse } from "../../../http/request.ts";
import type { CallOptions, PushOutcome } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import type { KnownPlace } from "../../profile/known-blobs.ts";
import { pullScope, pushScope, type RemoteRepository } from "../../remote-repository.ts";
import { postUpload, sessionOf } from "./start-upload.ts";
import type { UploadSession } from "./upload-session.ts";

/** What a POST to the uploads brought: the blob itself, or a session. */
export type StartedUpload =
  | { readonly outcome: PushOutcome }
  | {
      readonly session: UploadSession;
      /** Whether it answers a self-mount: where the host is known to answer those with 201, the blob is not there. */
      readonly selfMount: boolean;
    };

/**
 * Asks for a mount, and gets a session where there is nothing to mount. The source is the best repository known to hold the blob, of those given and those remembered,
 * else the repository itself, which makes it an existence check. A refusal (4xx but 429, 500 or a bare 200) falls back to a plain POST under the target's
 * scope alone, and is remembered for this pair of repositories.
 * @param start the plain POST.
 * Requests: 1, or 2 after a refusal. Spec: distribution-spec v1.1.1, "Mounting a blob from another repository" (end-11, end-4a).
 */
export async function mountOrStart(
  repository: RemoteRepository,
  digest: Digest,
  start: () => Promise<UploadSession | "pushed">,
  options: CallOptions & { readonly mountFrom?: readonly string[] | undefined } = {},
): Promise<StartedUpload> {
  const { profile, blobs, name } = repository;
  const place = { repository: name, access: await repository.access(options.signal) };
  const from =
    (await blobs.mountSource(place, digest, options.mountFrom ?? [])) ?? (await selfSource(repository, place));
  if (from === undefined) return plain(await start());
  let response: RegistryResponse;
  try {
    response = await postMount(repository, digest, from, options);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const started = await start();
    // Only now: had the plain POST failed too, the mount was not what was refused.
    await blobs.refuse(from, place);
    if (from === name) profile.learn({ existence: "head-first" });
    return plain(started);
  }
  // A bare 200 says nothing of the blob: neither that it is there, nor where to send it. Some
  // registries answer 500 to the mount alone, each time: it is not sent again.
  if (response.status === 200 || response.status === 500) {
    const started = await start();
    await blobs.refuse(from, place);
    if (from === name) profile.learn({ existence: "head-first" });
    return plain(started);
  }
  if (response.status === 202) return { session: sessionOf(repository, response), selfMount: from === name };
  if (from !== name) return { outcome: "mounted" };
  profile.learn({ existence: "proven" });
  return { outcome: "existed" };
}

/**
 * Whether a mount, also of a repository from itself, may be asked for. Distribution (2.8 and 3.1) answers 201 to the mount of a digest that is not
 * sha256 and links it to nothing: the blob is not there, and one that was there is lost (storage/linkedblobstore.go, `mount` and `linkBlob`).
 */
export function isMountable(digest: Digest): boolean {
  return algorithmOf(digest) === "sha256";
}

/** Asks for a mount: 201 where the blob is there now, 202 with a session where not. Requests: 1. */
export function postMount(
  repository: RemoteRepository,
  digest: Digest,
  from: string,
  options: CallOptions,
): Promise<RegistryResponse> {
  const { name } = repository;
  const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
  const scopes = from === name ? [pushScope(name)] : [pullScope(from), pushScope(name)];
  return postUpload(repository, { query, scopes, accept: [200, 201, 202, 500] }, options);
}

/** What a plain POST began, which tells nothing of the blob. */
export function plain(started: UploadSession | "pushed"): StartedUpload {
  return started === "pushed" ? { outcome: started } : { session: started, selfMount: false };
}

/** The repository itself, where mounting from it tells something. */
async function selfSource({ profile, blobs, name }: RemoteRepository, place: KnownPlace): Promise<string | undefined> {
  return profile.get("existence") === "head-first" || (await blobs.refuses(name, place)) ? undefined : name;
}

/** A refusal may also come from the token server, for the combined scope: it has a 4xx status or the code CREDENTIALS. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return error instanceof RegistryError && error.code === "CREDENTIALS";
  return status >= 400 && status < 500 && status !== 429;
}
