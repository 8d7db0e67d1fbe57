import { algorithmOf, isDigest } from "../../digest/digest.ts";
import { RegistryError, StoreError } from "../../errors/errors.ts";
import type { RegistryResponse } from "../../http/request.ts";
import type { CallOptions, Content, PushOutcome } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { digestHeader } from "../manifest-headers.ts";
import { labelOf, manifestPath, pushScope, type RemoteRepository } from "../remote-repository.ts";
import { resolveManifest } from "./resolve-manifest.ts";

/** What became of a PUT. */
export interface PutManifest {
  readonly outcome: PushOutcome;
  /** Whether the answer names the subject: the registry lists the manifest as its referrer. */
  readonly keepsReferrers: boolean;
}

/**
 * Puts bytes that were verified under a tag or digest. A refusal where the tag points at the same manifest already is a success: registries with
 * immutable tags refuse that too (ECR, aws/containers-roadmap#2179).
 * Requests: 1 PUT (end-7), and 1 HEAD after a refusal.
 */
export async function putManifest(
  repository: RemoteRepository,
  content: Content,
  reference: string,
  options: CallOptions = {},
): Promise<PutManifest> {
  const { digest } = content.descriptor;
  const action = `Cannot push manifest "${digest}" to "${labelOf(repository)}"`;
  if (!isDigest(reference) && algorithmOf(digest) !== "sha256") {
    const detail = `a registry makes a tag stand for the sha256 of what it is given; name the digest as the target`;
    throw new StoreError("UNSUPPORTED", `${action} under "${reference}": ${detail}`);
  }
  let response: RegistryResponse;
  try {
    response = await put(repository, content, reference, options);
  } catch (error) {
    if (!isDigest(reference) && mayBeImmutable(error) && (await pointsAt(repository, reference, digest, options))) {
      return { outcome: "existed", keepsReferrers: true };
    }
    throw explained(error, isDigest(reference) ? action : `${action} under "${reference}"`);
  }
  const stored = digestHeader(response);
  if (stored !== undefined && stored !== digest) {
    throw new RegistryError("DIGEST_MISMATCH", `${action}: the registry stored it as ${stored}`, {
      method: "PUT",
      url: response.url.href,
      status: response.status,
    });
  }
  repository.manifests.set(repository.name, content);
  return { outcome: "pushed", keepsReferrers: response.headers["oci-subject"] !== undefined };
}

async function put(
  repository: RemoteRepository,
  { descriptor, bytes }: Content,
  reference: string,
  options: CallOptions,
): Promise<RegistryResponse> {
  const response = await repository.client.request({
    method: "PUT",
    path: manifestPath(repository, reference),
    kind: "manifest",
    scopes: [pushScope(repository.name)],
    headers: { "content-type": descriptor.mediaType },
    body: () => bytes,
    contentLength: bytes.length,
    accept: [200, 201, 202, 204],
    retry: true,
    call: options,
  });
  await response.body.drop();
  return response;
}

function mayBeImmutable(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.code.startsWith("MANIFEST_")) return false;
  return [400, 403, 405, 409, 412].includes(statusOf(error) ?? 0);
}

async function pointsAt(
  repository: RemoteRepository,
  tag: string,
  digest: string,
  options: CallOptions,
): Promise<boolean> {
  try {
    return (await resolveManifest(repository, tag, options)).digest === digest;
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
}
