import { ApiError } from "../api-error.ts";
import type { Answer } from "../exchange.ts";
import type { Repository } from "../storage/repository.ts";
import type { UploadSession } from "../storage/upload-session.ts";

/** Tells the client how far an upload is. */
export function progress(status: number, repository: Repository, session: UploadSession, size: number): Answer {
  return { status, headers: progressHeaders(repository, session, size) };
}

/** Where an upload goes on, and after which byte: `0-0` stands for no byte as well as for one. */
export function progressHeaders(
  repository: Repository,
  session: UploadSession,
  size: number,
): Readonly<Record<string, string>> {
  return {
    location: `/v2/${repository.name}/blobs/uploads/${session.id}`,
    range: `0-${Math.max(0, size - 1)}`,
    "docker-upload-uuid": session.id,
  };
}

/** The answer for a blob that is there now. */
export function blobCreated(repository: Repository, digest: string): Answer {
  const location = `/v2/${repository.name}/blobs/${digest}`;
  return { status: 201, headers: { location, "docker-content-digest": digest } };
}

export function unknownUpload(repository: Repository, id: string): ApiError {
  return new ApiError(404, "BLOB_UPLOAD_UNKNOWN", `Cannot find upload "${id.slice(0, 64)}" in "${repository.name}"`);
}
