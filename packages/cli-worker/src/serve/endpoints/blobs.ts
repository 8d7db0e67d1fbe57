import { ApiError } from "../api-error.ts";
import { parseByteRange } from "../byte-range.ts";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { Repository } from "../storage/repository.ts";

/**
 * Sends a blob, or the one range of it that was asked for.
 * Spec: distribution-spec v1.1.1, "Pulling blobs", "Checking if content exists in the registry" (end-2).
 * @throws {ApiError} BLOB_UNKNOWN.
 */
export async function getBlob(repository: Repository, digestText: string, request: ServedRequest): Promise<Answer> {
  const digest = checkDigest(digestText);
  const size = await repository.blobSize(digest);
  if (size === undefined) throw unknownBlob(repository, digest);
  const etag = `"${digest}"`;
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    etag,
  };
  const isWanted = request.method === "GET" && (request.headers["if-range"] ?? etag) === etag;
  const range = isWanted ? parseByteRange(request.headers["range"], size) : undefined;
  if (range === "unsatisfiable") {
    const detail = `Cannot send "${request.headers["range"]}" of "${digest}": it has ${size} bytes`;
    throw new ApiError(416, "SIZE_INVALID", detail, { "content-range": `bytes */${size}` });
  }
  if (range !== undefined) {
    const length = String(range.end - range.start + 1);
    const contentRange = `bytes ${range.start}-${range.end}/${size}`;
    return {
      status: 206,
      headers: { ...headers, "content-length": length, "content-range": contentRange },
      body: repository.readBlob(digest, range),
    };
  }
  const whole = { status: 200, headers: { ...headers, "content-length": String(size) } };
  // No byte beyond what is announced, also of a file that grows meanwhile.
  const all = { start: 0, end: size - 1 };
  return request.method === "HEAD" || size === 0 ? whole : { ...whole, body: repository.readBlob(digest, all) };
}

/** Deletes a blob. Spec: distribution-spec v1.1.1, "Deleting Blobs" (end-10). @throws {ApiError} BLOB_UNKNOWN; UNSUPPORTED for a manifest. */
export async function deleteBlob(registry: Registry, repository: Repository, digestText: string): Promise<Answer> {
  const digest = checkDigest(digestText);
  if (await repository.isManifest(digest)) {
    throw new ApiError(405, "UNSUPPORTED", `Cannot delete blob "${digest}": it is a manifest, to be deleted as one`);
  }
  if (!(await repository.removeBlob(digest))) throw unknownBlob(repository, digest);
  registry.quota.removed();
  return { status: 202 };
}

function unknownBlob(repository: Repository, digest: string): ApiError {
  return new ApiError(404, "BLOB_UNKNOWN", `Cannot find blob "${digest}" in "${repository.name}"`);
}
