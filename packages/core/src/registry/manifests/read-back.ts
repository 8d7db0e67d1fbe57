import type { Descriptor } from "../../content/descriptor.ts";
import { isManifestMediaType, MANIFEST_ACCEPT } from "../../content/media-types.ts";
import { type HashedContent, hashContent } from "../../digest/hash-content.ts";
import { isRetryable, RegistryError } from "../../errors/errors.ts";
import { isWebPage } from "../../http/message/web-page.ts";
import type { RegistryRequest } from "../../http/request.ts";
import { retrying } from "../../pace/retry.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { encodingHeader, notDecoded } from "../manifest-headers.ts";
import { blobPath, labelOf, manifestPath, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../transport/retries.ts";

/**
 * What the registry gives for a digest: the whole of it, hashed, whatever length it has. After a break it is read again from
 * its start, so that the hash is that of one response.
 * Requests: 1 GET (and its redirect), 1 more for each break. Spec: distribution-spec v1.1.1, "Pulling blobs" (end-2).
 * @throws {RegistryError} BLOB_UNKNOWN, MANIFEST_UNKNOWN; PROTOCOL where a web page, or an encoded body that hashes to another digest, comes in the place of the content.
 */
export async function readBack(
  repository: RemoteRepository,
  { mediaType, digest, size }: Descriptor,
  options: CallOptions = {},
): Promise<HashedContent> {
  const { client, retry, name } = repository;
  const isManifest = isManifestMediaType(mediaType);
  const request: RegistryRequest = {
    method: "GET",
    path: isManifest ? manifestPath(repository, digest) : blobPath(repository, digest),
    kind: isManifest ? "manifest" : "blob",
    scopes: [pullScope(name)],
    headers: { "accept-encoding": "identity", ...(isManifest ? { accept: MANIFEST_ACCEPT } : {}) },
    accept: [200],
    answerLength: size,
    call: options,
  };
  let reading = false;
  const read = async (): Promise<HashedContent> => {
    reading = false;
    const response = await client.request(request);
    reading = true;
    const found = await hashContent(response.body, digest);
    const encoding = encodingHeader(response);
    if (found.digest === digest || (encoding === undefined && !isWebPage(response))) return found;
    const { url, status } = response;
    // Bytes that somebody encoded on their way prove nothing of what is stored.
    const detail =
      encoding === undefined
        ? "a web page came in its place"
        : `the ${found.size} bytes that came hash to "${found.digest}"${notDecoded(encoding)}`;
    throw new RegistryError("PROTOCOL", detail, { method: "GET", url: url.href, status });
  };
  try {
    const retries = retriesOf(retry, options, { ...request, host: client.host });
    // Before the body the client itself tries again.
    return await retrying(read, { ...retries, isRetryable: (error) => reading && isRetryable(error) });
  } catch (error) {
    const unknown = isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
    const action = `Cannot read "${digest}" of "${labelOf(repository)}"`;
    throw explained(error, action, statusOf(error) === 404 ? unknown : undefined);
  }
}
