import type { Descriptor } from "../content/descriptor.ts";
import { isRetryable } from "../errors.ts";
import type { CallOptions, Open, PushOptions, PushOutcome } from "../store/store.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { explained, statusOf } from "./explain.ts";
import { seesBlob } from "./head-blob.ts";
import { pauseBeforeRetry } from "./pause.ts";
import { labelOf, type RemoteRepository } from "./remote-repository.ts";
import { ContentFailure, patchBlob, putBlob } from "./send-blob.ts";
import { mountOrStart, startUpload, type UploadSession } from "./start-upload.ts";

const MAX_ATTEMPTS = 5;

/** A body up to this many bytes is sent rather than asked about once more. */
const SMALL_BODY_BYTES = 64 * 1024;

/**
 * Pushes one blob unless it is there: mount-or-start, then one PUT. A break, a timeout or a 404 at the commit may hide a success, so
 * the blob is looked for before anything is sent again; then the whole upload is tried anew, up to 5 times. Every session is committed or cancelled.
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
  const headFirst = profile.existence === "head-first";
  if (headFirst && (await seesBlob(repository, digest, options))) return "existed";
  const started = await mountOrStart(repository, digest, options);
  if ("outcome" in started) return started.outcome;
  const provedAbsent = headFirst || (started.selfMount && profile.existence === "proven");
  const lookFirst = !provedAbsent && size > SMALL_BODY_BYTES;
  const content: SentContent = { descriptor, open, putRefused: false };
  let session = started.session;
  for (let attempt = 1; ; attempt += 1) {
    let committed = false;
    try {
      options.signal?.throwIfAborted();
      if (attempt === 1 && lookFirst && (await seesBlob(repository, digest, options))) {
        if (started.selfMount) profile.existence = "head-first";
        return "existed";
      }
      const failure = await tryUpload(repository, session, content, options, attempt);
      committed = failure === undefined;
      if (failure === undefined) return "pushed";
      if (attempt === MAX_ATTEMPTS) throw failure.error;
    } finally {
      if (!committed) await cancelUpload(repository, session, options);
    }
    session = await startUpload(repository, options);
  }
}

interface SentContent {
  readonly descriptor: Descriptor;
  readonly open: Open;
  /** Whether a PUT with the body was answered 404 or 405. */
  putRefused: boolean;
}

/** One try. @returns undefined when the blob is there, else the failure after which another try may work. */
async function tryUpload(
  repository: RemoteRepository,
  session: UploadSession,
  content: SentContent,
  options: CallOptions,
  attempt: number,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await send(repository, session, content, options);
    return undefined;
  } catch (error) {
    const unknownSession = statusOf(error) === 404 || statusOf(error) === 405;
    if (!unknownSession && !isRetryable(error)) throw error;
    content.putRefused ||= unknownSession;
    await pauseBeforeRetry(attempt, error, options.signal);
    return (await seesBlob(repository, content.descriptor.digest, options)) ? undefined : { error };
  }
}

async function send(
  repository: RemoteRepository,
  session: UploadSession,
  { descriptor, open, putRefused }: SentContent,
  options: CallOptions,
): Promise<void> {
  const { profile } = repository;
  if (profile.upload === "patch" || (putRefused && profile.upload === "unknown")) {
    await patchBlob(repository, session, descriptor, open, options);
    if (profile.upload === "unknown") profile.upload = "patch";
  } else {
    await putBlob(repository, session, descriptor, open, options);
    profile.upload = "put";
  }
}
