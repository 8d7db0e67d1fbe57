import type { Descriptor } from "../content/descriptor.ts";
import { isDigest } from "../content/digest.ts";
import { isManifestMediaType, MANIFEST_ACCEPT } from "../content/media-types.ts";
import type { CallOptions } from "../store/store.ts";
import { explained, statusOf } from "./explain.ts";
import { digestHeader, mediaTypeHeader, statedLength } from "./manifest-headers.ts";
import { openManifest } from "./open-manifest.ts";
import { labelOf, manifestPath, pullScope, type RemoteRepository } from "./remote-repository.ts";
import type { RegistryResponse } from "./request.ts";

/** How registries without HEAD answer it. */
const HEAD_UNSUPPORTED: readonly number[] = [400, 405, 501];

/**
 * The descriptor of a tag or digest, from the headers of a HEAD. Where one of them is missing, or HEAD is not supported, the manifest is read.
 * Requests: 1, or 2. Spec: distribution-spec v1.1.1, "Checking if content exists in the registry" (end-3).
 * @throws {RegistryError} MANIFEST_UNKNOWN, or what `openManifest` throws.
 */
export async function resolveManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions = {},
): Promise<Descriptor> {
  const response = await headManifest(repository, reference, [200, ...HEAD_UNSUPPORTED], options);
  const described = response.status === 200 ? descriptorOf(response, reference) : undefined;
  if (described !== undefined) return described;
  const { descriptor } = await openManifest(repository, reference, options);
  return descriptor;
}

/** Whether there is a manifest of that tag or digest. 1 request: HEAD (end-3). */
export async function hasManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions = {},
): Promise<boolean> {
  const { status } = await headManifest(repository, reference, [200, 404, ...HEAD_UNSUPPORTED], options);
  if (status === 200 || status === 404) return status === 200;
  try {
    await openManifest(repository, reference, options);
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function headManifest(
  repository: RemoteRepository,
  reference: string,
  accept: readonly number[],
  options: CallOptions,
): Promise<RegistryResponse> {
  try {
    const response = await repository.client.request({
      method: "HEAD",
      path: manifestPath(repository, reference),
      kind: "manifest",
      scopes: [pullScope(repository.name)],
      headers: { accept: MANIFEST_ACCEPT },
      accept,
      call: options,
    });
    await response.body.drop();
    return response;
  } catch (error) {
    const code = statusOf(error) === 404 ? "MANIFEST_UNKNOWN" : undefined;
    throw explained(error, `Cannot resolve "${reference}" in "${labelOf(repository)}"`, code);
  }
}

/** Undefined where a header is missing, or does not fit: reading the manifest then says what it really is. */
function descriptorOf(response: RegistryResponse, reference: string): Descriptor | undefined {
  const digest = digestHeader(response);
  const size = statedLength(response);
  const mediaType = mediaTypeHeader(response);
  if (digest === undefined || size === undefined || size === 0 || mediaType === undefined) return undefined;
  if (!isManifestMediaType(mediaType)) return undefined;
  if (isDigest(reference) && digest !== reference) return undefined;
  return { mediaType, digest, size };
}
