import type { Digest } from "../content/digest.ts";
import type { CallOptions } from "../store/store.ts";
import { statusOf } from "./explain.ts";
import { blobPath, pullScope, pushScope, type RemoteRepository } from "./remote-repository.ts";
import type { Scope } from "./request.ts";

/** Whether the repository holds the blob. 1 request: HEAD (end-2). */
export function headBlob(repository: RemoteRepository, digest: Digest, options: CallOptions = {}): Promise<boolean> {
  return head(repository, digest, pullScope(repository.name), options);
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
    return await head(repository, digest, pushScope(repository.name), options);
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
): Promise<boolean> {
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
  return response.status === 200;
}
