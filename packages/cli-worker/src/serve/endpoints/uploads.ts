import { algorithmOf, digestOf } from "@tranship/core";
import type { Answer, ServedRequest } from "../exchange.ts";
import { checkDigest } from "../names.ts";
import type { Registry } from "../registry.ts";
import type { Repository } from "../storage/repository.ts";
import type { UploadSession } from "../storage/upload-session.ts";
import { takeChunk } from "./chunk.ts";
import { commitUpload } from "./commit-upload.ts";
import { dropWhereFull } from "./drop-where-full.ts";
import { mountBlob } from "./mount.ts";
import { progress, unknownUpload } from "./upload-answers.ts";

const EMPTY = new Uint8Array(0);

/**
 * Mounts a blob, takes one whole, or starts a session, in this order of what the query says.
 * Spec: distribution-spec v1.1.1, end-4a, end-4b, end-11.
 */
export async function startUpload(registry: Registry, repository: Repository, request: ServedRequest): Promise<Answer> {
  // Refused before a session is made of it.
  await registry.quota.refuseOver(Number(request.headers["content-length"] ?? 0));
  const mounted = await mountBlob(registry, repository, request);
  if (mounted !== undefined) return mounted;
  const isWhole = bringsWhole(request);
  const session = await registry.sessions.start(repository.name);
  if (!isWhole) return progress(202, repository, session, 0);
  try {
    return await commitUpload(registry, repository, session, request);
  } finally {
    // Nobody was told the session's name, so nobody can go on with what is left of it.
    await session.remove();
    registry.sessions.forget(session);
    registry.quota.removed();
  }
}

/**
 * Takes a chunk. What came of one that breaks off is kept.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5).
 * @throws {ApiError} BLOB_UPLOAD_UNKNOWN; BLOB_UPLOAD_INVALID with 416 for a chunk that doesn't go on where the last one ended.
 */
export async function appendUpload(
  registry: Registry,
  repository: Repository,
  session: UploadSession,
  request: ServedRequest,
): Promise<Answer> {
  const answer = await session.hold(request.reset, async (held) => {
    await dropWhereFull(registry, session, () => takeChunk(registry, repository, { session, held }, request));
    return progress(202, repository, session, await held.size());
  });
  if (answer === undefined) throw unknownUpload(repository, session.id);
  return answer;
}

/** How much of an upload arrived. Spec: distribution-spec v1.1.1, end-13. @throws {ApiError} BLOB_UPLOAD_UNKNOWN. */
export async function getUpload(registry: Registry, repository: Repository, id: string): Promise<Answer> {
  const session = await findSession(registry, repository, id);
  const size = await session.size();
  if (size === undefined) throw unknownUpload(repository, id);
  return progress(204, repository, session, size);
}

/** Forgets an upload; whoever still writes to it is cut. Spec: distribution-spec v1.1+dev, end-14. @throws {ApiError} BLOB_UPLOAD_UNKNOWN. */
export async function cancelUpload(
  registry: Registry,
  repository: Repository,
  id: string,
  request: ServedRequest,
): Promise<Answer> {
  const session = await findSession(registry, repository, id);
  const removed = await session.hold(request.reset, async () => {
    await session.remove();
    registry.sessions.forget(session);
    registry.quota.removed();
    return true;
  });
  if (removed === undefined) throw unknownUpload(repository, id);
  return { status: 204 };
}

/** @throws {ApiError} BLOB_UPLOAD_UNKNOWN. */
export async function findSession(registry: Registry, repository: Repository, id: string): Promise<UploadSession> {
  const session = await registry.sessions.find(repository.name, id);
  if (session === undefined) throw unknownUpload(repository, id);
  return session;
}

/** Whether the request carries the blob. Some clients name the digest although the bytes come later. @throws {ApiError} DIGEST_INVALID. */
function bringsWhole({ query, headers }: ServedRequest): boolean {
  const text = query.get("digest");
  if (text === null) return false;
  const digest = checkDigest(text);
  const isEmpty = headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0";
  return !isEmpty || digest === digestOf(EMPTY, algorithmOf(digest));
}
