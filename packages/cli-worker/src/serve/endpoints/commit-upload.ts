import { ApiError } from "../api-error.ts";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { Repository } from "../storage/repository.ts";
import type { UploadSession } from "../storage/upload-session.ts";
import { takeChunk } from "./chunk.ts";
import { dropWhereFull } from "./drop-where-full.ts";
import { blobCreated, unknownUpload } from "./upload-answers.ts";

/**
 * Takes the last bytes, if there are any, and makes the whole a blob if it has the digest; if not, the upload is forgotten.
 * Spec: distribution-spec v1.1.1, end-6; end-4b for a session that nobody knows yet.
 * @throws {ApiError} BLOB_UPLOAD_UNKNOWN, BLOB_UPLOAD_INVALID as for a chunk; DIGEST_INVALID.
 */
export async function commitUpload(
  registry: Registry,
  repository: Repository,
  session: UploadSession,
  request: ServedRequest,
): Promise<Answer> {
  const digest = checkDigest(request.query.get("digest") ?? "");
  const isTaken = await session.hold(request.reset, async (held) => {
    await dropWhereFull(registry, session, () => takeChunk(registry, repository, { session, held }, request));
    const isRight = await held.matches(digest);
    if (isRight) await repository.adoptBlob(session.path, digest);
    else await session.remove();
    registry.sessions.forget(session);
    // It may have replaced a blob that was there.
    registry.quota.removed();
    return isRight;
  });
  if (isTaken === undefined) throw unknownUpload(repository, session.id);
  if (isTaken) return blobCreated(repository, digest);
  throw new ApiError(
    400,
    "DIGEST_INVALID",
    `Cannot store blob "${digest}" in "${repository.name}": its bytes have another digest`,
  );
}
