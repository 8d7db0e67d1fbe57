import { algorithmOf, type DigestAlgorithm } from "@tranship/core";
import { ApiError } from "../api-error.ts";
import { parseContentRange } from "../content-range.ts";
import type { ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Repository } from "../storage/repository.ts";
import type { HeldSession, UploadSession } from "../storage/upload-session.ts";
import { progressHeaders } from "./upload-answers.ts";

/**
 * Appends a request's body to an upload. What came of one that breaks off is kept.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks".
 * @throws {ApiError} BLOB_UPLOAD_INVALID with 416 where it doesn't go on where the last one ended; SIZE_INVALID where it is not as long as it says.
 */
export async function takeChunk(
  repository: Repository,
  session: UploadSession,
  held: HeldSession,
  request: ServedRequest,
): Promise<void> {
  const range = parseContentRange(request.headers["content-range"]);
  const before = await held.size();
  if (range !== undefined && range.start !== before) {
    const detail = `Cannot go on at byte ${range.start} of upload "${session.id}": ${before} bytes arrived`;
    throw new ApiError(416, "BLOB_UPLOAD_INVALID", detail, progressHeaders(repository, session, before));
  }
  const count = await held.append(request.body, algorithmHint(request));
  if (range === undefined || count === range.end - range.start + 1) return;
  const detail = `Bad chunk of upload "${session.id}": ${count} bytes came for Content-Range ${range.start}-${range.end}`;
  throw new ApiError(400, "SIZE_INVALID", detail, progressHeaders(repository, session, before + count));
}

/** The algorithm that the upload is committed with, where the client says so already. */
function algorithmHint(request: ServedRequest): DigestAlgorithm {
  const digest = request.query.get("digest");
  return digest === null ? "sha256" : algorithmOf(checkDigest(digest));
}
