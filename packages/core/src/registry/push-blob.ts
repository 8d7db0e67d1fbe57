import type { Descriptor } from "../content/descriptor.ts";
import { isRetryable } from "../errors.ts";
import { retrying } from "../http/retry.ts";
import type { CallOptions, Open, PushOptions, PushOutcome } from "../store/store.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { explained, statusOf } from "./explain.ts";
import { seesBlob } from "./head-blob.ts";
import { labelOf, type RemoteRepository } from "./remote-repository.ts";
import { retriesOf } from "./retries.ts";
import { ContentFailure, patchBlob, putBlob } from "./send-blob.ts";
import { mountOrStart, startUpload, type UploadSession } from "./start-upload.ts";

/** A body up to this many bytes is sent rather than asked about once more. */
const SMALL_BODY_BYTES = 64 * 1024;

/**
 * Pushes one blob unless it is there: mount-or-start, then one PUT. A break, a timeout or a 404 at the commit may hide a success, so
 * the blob is looked for before anything is sent again; then the whole upload is tried anew. Every session is committed or cancelled.
 * Requests: 1 for a blob that is there or was mounted, 2 for one that is not; a HEAD more for a body over 64 KiB until the host has shown that
 * its 202 means absent. Memory: two pieces of the source. Spec: distribution-spec v1.1.1, "Pushing blobs" (end-4a, end-6, end-11).
 * @throws {StoreError} SIZE_MISMATCH or DIGEST_MISMATCH where the source has other bytes; what the source threw.
 * @throws {RegistryError} what the registry refused.
 */
export async function pushBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushOptions = {},
): Promise<PushOutcome> {
  try {
    return await push(repository, descriptor, open, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof ContentFailure) throw error.cause;
    throw explained(error, `Cannot push blob "${descriptor.digest}" to "${labelOf(repository)}"`);
  }
}

async function push(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushOptions,
): Promise<PushOutcome> {
  const { profile } = repository;
  const { digest, size } = descriptor;
  const { signal } = options;
  const headFirst = profile.existence === "head-first";
  if (headFirst && (await seesBlob(repository, digest, options))) return "existed";
  const started = await mountOrStart(repository, digest, options);
  if ("outcome" in started) return started.outcome;
  const { selfMount } = started;
  const provedAbsent = headFirst || (selfMount && profile.existence === "proven");
  const content: SentContent = { descriptor, open, putRefused: false };
  let session: UploadSession | undefined = started.session;
  let sending = false;
  async function attempt(number: number): Promise<PushOutcome> {
    sending = false;
    signal?.throwIfAborted();
    if (number === 1 && !provedAbsent && size > SMALL_BODY_BYTES && (await seesBlob(repository, digest, options))) {
      if (selfMount) profile.existence = "head-first";
      return "existed";
    }
    if (number > 1) {
      if (await seesBlob(repository, digest, options)) {
        session = undefined;
        return "pushed";
      }
      if (session !== undefined) await cancelUpload(repository, session, options);
      session = undefined;
    }
    session ??= await startUpload(repository, options);
    signal?.throwIfAborted();
    sending = true;
    await send(repository, session, content, options);
    session = undefined;
    return "pushed";
  }
  const what = { method: "PUT", kind: "upload", host: repository.client.host } as const;
  const retries = retriesOf(repository.retry, options, what);
  try {
    return await retrying(attempt, { ...retries, isRetryable: (error) => sending && mayHideSuccess(error) });
  } finally {
    if (session !== undefined) await cancelUpload(repository, session, options);
  }
}

interface SentContent {
  readonly descriptor: Descriptor;
  readonly open: Open;
  /** Whether a PUT with the body was answered 404 or 405. */
  putRefused: boolean;
}

async function send(
  repository: RemoteRepository,
  session: UploadSession,
  content: SentContent,
  options: CallOptions,
): Promise<void> {
  const { profile } = repository;
  const { descriptor, open } = content;
  if (profile.upload === "patch" || (content.putRefused && profile.upload === "unknown")) {
    await patchBlob(repository, session, descriptor, open, options);
    if (profile.upload === "unknown") profile.upload = "patch";
    return;
  }
  try {
    await putBlob(repository, session, descriptor, open, options);
    profile.upload = "put";
  } catch (error) {
    content.putRefused ||= isUnknownSession(error);
    throw error;
  }
}

/** Repeating a PUT that was committed gets 404, as a session that was lost does; old Artifactory knows no PUT with a body (404, 405). */
function isUnknownSession(error: unknown): boolean {
  return statusOf(error) === 404 || statusOf(error) === 405;
}

function mayHideSuccess(error: unknown): boolean {
  // 416: bytes of a broken request are in the session, so only a fresh one takes the blob from its start.
  return isRetryable(error) || isUnknownSession(error) || statusOf(error) === 416;
}
