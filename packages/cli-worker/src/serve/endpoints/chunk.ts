import { algorithmOf, type DigestAlgorithm } from "@tranship/core";
import { ApiError } from "../api-error.ts";
import { parseContentRange } from "../content-range.ts";
import type { ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { DiskQuota } from "../storage/disk-quota.ts";
import type { Repository } from "../storage/repository.ts";
import type { HeldSession, UploadSession } from "../storage/upload-session.ts";
import { progressHeaders } from "./upload-answers.ts";

/** A session, and that the request holds it. */
export interface OpenUpload {
  readonly session: UploadSession;
  readonly held: HeldSession;
}

/**
 * Appends a request's body to an upload. What came of one that breaks off is kept.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks".
 * @throws {ApiError} BLOB_UPLOAD_INVALID with 416 where it doesn't go on where the last one ended; SIZE_INVALID where it is not as long as it says;
 * DENIED where the registry may take no more.
 */
export async function takeChunk(
  { quota }: Registry,
  repository: Repository,
  { session, held }: OpenUpload,
  request: ServedRequest,
): Promise<void> {
  const range = parseContentRange(request.headers["content-range"]);
  const before = await held.size();
  if (range !== undefined && range.start !== before) {
    const detail = `Cannot go on at byte ${range.start} of upload "${session.id}": ${before} bytes arrived`;
    throw new ApiError(416, "BLOB_UPLOAD_INVALID", detail, progressHeaders(repository, session, before));
  }
  await quota.refuseOver(Number(request.headers["content-length"] ?? 0));
  const count = await held.append(counted(request.body, quota), algorithmHint(request));
  if (range === undefined || count === range.end - range.start + 1) return;
  const detail = `Bad chunk of upload "${session.id}": ${count} bytes came for Content-Range ${range.start}-${range.end}`;
  throw new ApiError(400, "SIZE_INVALID", detail, progressHeaders(repository, session, before + count));
}

/** The bytes, each piece counted before it is written. */
async function* counted(body: AsyncIterable<Uint8Array>, quota: DiskQuota): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of body) {
    await quota.take(piece.length);
    try {
      yield piece;
    } finally {
      quota.written(piece.length);
    }
  }
}

/** The algorithm that the upload is committed with, where the client says so already. */
function algorithmHint(request: ServedRequest): DigestAlgorithm {
  const digest = request.query.get("digest");
  return digest === null ? "sha256" : algorithmOf(checkDigest(digest));
}
