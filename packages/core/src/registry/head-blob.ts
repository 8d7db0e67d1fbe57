import type { Descriptor } from "../content/descriptor.ts";
import type { Digest } from "../content/digest.ts";
import { RegistryError } from "../errors.ts";
import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { statedLength } from "./manifest-headers.ts";
import { blobPath, labelOf, pullScope, pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { RegistryResponse, Scope } from "./request.ts";

/**
 * Whether the repository holds the blob. 1 request: HEAD (end-2).
 * @throws {RegistryError} SIZE_MISMATCH where the response states another length, as for a file that was cut
 * short on the registry's disk. A length is a suspicion and no proof: some proxies state 0 for every HEAD, and
 * the descriptor may be wrong. `readBack` tells what is there.
 */
export async function headBlob(
  repository: RemoteRepository,
  { digest, size }: Descriptor,
  options: CallOptions = {},
): Promise<boolean> {
  const response = await head(repository, digest, pullScope(repository.name), options);
  const has = statedLength(response);
  if (response.status === 200 && has !== undefined && has !== size) {
    const message = `Cannot use blob "${digest}" of "${labelOf(repository)}": the registry states ${has} bytes for it, not ${size}`;
    throw new RegistryError("SIZE_MISMATCH", message, { method: "HEAD", url: response.url.href, status: 200 });
  }
  return response.status === 200;
}

/** Whether the repository holds a blob of that digest, of whatever length. 1 request: HEAD (end-2). */
export async function holdsBlob(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<boolean> {
  return (await head(repository, digest, pullScope(repository.name), options)).status === 200;
}

/**
 * The same while pushing, under the token that the push has anyway. A credential that may push and not pull gets a refusal, which
 * counts as "not seen".
 */
export async function seesBlob(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<boolean> {
  try {
    const { status } = await head(repository, digest, pushScope(repository.name), options);
    return status === 200;
  } catch (error) {
    const status = statusOf(error);
    if (status === 401 || status === 403) return false;
    throw error;
  }
}

async function head(
  repository: RemoteRepository,
  digest: Digest,
  scope: Scope,
  options: CallOptions,
): Promise<RegistryResponse> {
  const response = await repository.client.request({
    method: "HEAD",
    path: blobPath(repository, digest),
    kind: "blob",
    scopes: [scope],
    headers: { "accept-encoding": "identity" },
    accept: [200, 404],
    call: options,
  });
  await response.body.drop();
  return response;
}
