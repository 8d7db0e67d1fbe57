import { type Descriptor, hasSize } from "../../content/descriptor.ts";
import type { Digest } from "../../digest/digest.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { RegistryRequest, RegistryResponse, Scope } from "../../http/request.ts";
import type { CallOptions } from "../../store/store.ts";
import { statedLength } from "../manifest-headers.ts";
import { blobPath, labelOf, pullScope, pushScope, type RemoteRepository } from "../remote-repository.ts";
import { contentRange } from "./open-range.ts";

/**
 * Whether the repository holds the blob. 1 request: HEAD (end-2), and a GET of its first byte where that is
 * refused or states no length.
 * @throws {RegistryError} SIZE_MISMATCH where the response states another length, as for a file that was cut
 * short on the registry's disk. A length is a suspicion and no proof: some proxies state 0 for every HEAD, and
 * the descriptor may be wrong. `readBack` tells what is there.
 */
export async function headBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<boolean> {
  const { digest, size } = descriptor;
  const seen = await look(repository, digest, options);
  const { isThere, length, request } =
    seen.isThere && seen.isUnstated ? await firstByte(repository, digest, options) : seen;
  if (isThere && length !== undefined && !hasSize(descriptor, length)) {
    const message = `Cannot use blob "${digest}" of "${labelOf(repository)}": the registry states ${length} bytes for it, not ${size}`;
    throw new RegistryError("SIZE_MISMATCH", message, { ...request, status: 200 });
  }
  return isThere;
}

/**
 * Bytes of a blob whose descriptor does not state them, as the registry says. Requests: as `headBlob`.
 * @throws {RegistryError} BLOB_UNKNOWN; PROTOCOL where the registry does not say it.
 */
export async function blobSize(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<number> {
  const seen = await look(repository, digest, options);
  const { isThere, length, request } =
    seen.isThere && seen.isUnstated ? await firstByte(repository, digest, options) : seen;
  if (isThere && length !== undefined) return length;
  const action = `Cannot find the size of blob "${digest}" in "${labelOf(repository)}"`;
  if (isThere)
    throw new RegistryError("PROTOCOL", `${action}: the registry does not say it`, { ...request, status: 200 });
  throw new RegistryError("BLOB_UNKNOWN", `${action}: it is not there`, { ...request, status: 404 });
}

/**
 * Whether the repository holds a blob of that digest, of whatever length: a HEAD or a GET finds it. For where
 * "no" is to be believed. Requests: 1 HEAD (end-2), and a GET of its first byte where that does not find it.
 */
export async function holdsBlob(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<boolean> {
  const { isThere, request } = await look(repository, digest, options);
  return isThere || (request.method === "HEAD" && (await firstByte(repository, digest, options)).isThere);
}

/**
 * Whether the repository shows the blob while pushing, under the token that the push has anyway. False where HEAD is refused: credentials
 * may push and not pull, and a CDN may sign its URLs for GET only. False too where it states another length, but for 0, which some
 * proxies state for every HEAD. Then the blob is mounted or uploaded, whether it is there or not.
 */
export async function seesBlob(
  repository: RemoteRepository,
  descriptor: Pick<Descriptor, "digest" | "size">,
  options: CallOptions = {},
): Promise<boolean> {
  try {
    const response = await head(repository, descriptor.digest, pushScope(repository.name), options);
    const length = statedLength(response) ?? 0;
    return response.status === 200 && (length === 0 || hasSize(descriptor, length));
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

interface SeenBlob {
  readonly isThere: boolean;
  /** Bytes; undefined where the registry does not say it. */
  readonly length: number | undefined;
  /** Whether it is a HEAD's that says nothing of the length, such as one with a Content-Encoding. */
  readonly isUnstated: boolean;
  readonly request: { readonly method: "HEAD" | "GET"; readonly url: string };
}

async function look(repository: RemoteRepository, digest: Digest, options: CallOptions): Promise<SeenBlob> {
  const scope = pullScope(repository.name);
  try {
    const response = await head(repository, digest, scope, options);
    const request = { method: "HEAD", url: response.url.href } as const;
    const length = statedLength(response);
    return { isThere: response.status === 200, length, isUnstated: length === undefined, request };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return firstByte(repository, digest, options);
  }
}

async function firstByte(repository: RemoteRepository, digest: Digest, options: CallOptions): Promise<SeenBlob> {
  const response = await send(repository, digest, {
    method: "GET",
    scopes: [pullScope(repository.name)],
    headers: { range: "bytes=0-0" },
    // 416: the blob has no byte.
    accept: [200, 206, 404, 416],
    call: options,
  });
  const request = { method: "GET", url: response.url.href } as const;
  return { isThere: response.status !== 404, length: lengthOf(response), isUnstated: false, request };
}

/** Bytes of the blob, by a response to a request for its first byte; undefined where it does not say it. */
function lengthOf(response: RegistryResponse): number | undefined {
  if (response.status === 200) return statedLength(response);
  const total = contentRange(response)?.total;
  if (total !== undefined || response.status === 404) return total;
  // The part of one byte is empty, so there is none.
  return response.status === 206 && statedLength(response) === 0 ? 0 : undefined;
}

async function head(
  repository: RemoteRepository,
  digest: Digest,
  scope: Scope,
  options: CallOptions,
): Promise<RegistryResponse> {
  return send(repository, digest, { method: "HEAD", scopes: [scope], accept: [200, 404], call: options });
}

async function send(
  repository: RemoteRepository,
  digest: Digest,
  { headers, ...request }: Pick<RegistryRequest, "method" | "scopes" | "headers" | "accept" | "call">,
): Promise<RegistryResponse> {
  const response = await repository.client.request({
    ...request,
    path: blobPath(repository, digest),
    kind: "blob",
    headers: { "accept-encoding": "identity", ...headers },
  });
  await response.body.drop();
  return response;
}

/** Whether the HEAD itself was refused, which says nothing of the blob. A host that wants to be left alone says so to every request. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.status === undefined) return false;
  return error.method === "HEAD" && error.status !== 429 && error.code !== "RATE_LIMITED";
}
