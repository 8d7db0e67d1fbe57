import type { Descriptor } from "../../content/descriptor.ts";
import { SMALL_BODY_BYTES } from "../../http/message/big-body.ts";
import type { Open, PushOutcome } from "../../store/store.ts";
import { seesBlob } from "../blobs/head-blob.ts";
import { explained } from "../explain.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { BlobUpload, type BlobUploadOptions } from "./blob-upload.ts";
import { ContentFailure } from "./content/outgoing.ts";
import { SmallContent } from "./content/small-content.ts";
import { cancelEarlier, takeOverUpload } from "./earlier-upload.ts";
import { probeHost } from "./probe/probe-host.ts";
import { provesAbsence } from "./probe/proves-absence.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";
import { cancelAbandoned } from "./recovery/cancel-abandoned.ts";
import { cancelRecorded } from "./recovery/cancel-recorded.ts";
import { UploadRecord } from "./recovery/upload-record.ts";
import { isMountable, mountOrStart, plain } from "./steps/mount-blob.ts";
import { postBlob } from "./steps/post-blob.ts";
import type { UploadSession } from "./steps/upload-session.ts";

/**
 * Pushes one blob unless it is there: mount-or-start, or HEAD and start where `isMountable` says no, then its bytes as `planUpload` says. A break, a timeout or a 404 at the commit may hide a success, so
 * the blob is looked for before anything is sent again; then the upload goes on where the registry has it, or is begun anew. An upload that an earlier process began, and a journal
 * remembers, goes on likewise. Every session is committed, cancelled, or in the journal.
 * Requests: 1 for a blob that is there or was mounted, 2 for one that is not; a HEAD more for a body over 64 KiB until the host has shown that
 * its 202 means absent, which it is asked for as soon as it has a blob; those of `probeHost` before the first big one. Memory: two pieces of the source, the whole of a small blob. Spec: distribution-spec v1.1.1, "Pushing blobs" (end-4a, end-4b, end-5, end-6, end-11).
 * @throws {StoreError} SIZE_MISMATCH or DIGEST_MISMATCH where the source has other bytes; what the source threw.
 * @throws {RegistryError} what the registry refused.
 */
export async function pushBlob(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushBlobOptions = {},
): Promise<PushOutcome> {
  const { signal } = options;
  try {
    await repository.profile.ready();
    const pushing = push(repository, descriptor, open, options);
    if (descriptor.size <= SMALL_BODY_BYTES) noteComing(repository, pushing);
    const outcome = await pushing;
    const access = await repository.access(signal);
    repository.blobs.seen({ repository: repository.name, access }, descriptor.digest);
    return outcome;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ContentFailure) throw error.cause;
    throw explained(error, `Cannot push blob "${descriptor.digest}" to "${labelOf(repository)}"`);
  }
}

async function push(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  options: PushBlobOptions,
): Promise<PushOutcome> {
  const record = await UploadRecord.of(repository, descriptor, options.signal);
  if (record === undefined) return pushUnlessThere(repository, descriptor, open, options);
  await cancelAbandoned(repository, options.signal);
  const outcome = await pushUnlessThere(repository, descriptor, open, { ...options, record });
  await cancelEarlier(repository, record, options);
  return outcome;
}

async function pushUnlessThere(
  repository: RemoteRepository,
  descriptor: Descriptor,
  open: Open,
  { record, ...options }: PushBlobOptions & Pick<BlobUploadOptions, "record">,
): Promise<PushOutcome> {
  const { profile, uploads, blobs } = repository;
  const { digest, size } = descriptor;
  const { anew = false } = options;
  if (anew) await blobs.distrust(await repository.access(options.signal), digest);
  const mayMount = isMountable(digest) && blobs.trusts(digest);
  const headFirst = !anew && (!mayMount || profile.get("existence") === "head-first");
  const content = SmallContent.of(descriptor, open, options.signal);
  const upload = new BlobUpload(repository, descriptor, open, { ...options, record, content });
  if (headFirst && (await seesBlob(repository, descriptor, options))) return "existed";
  const earlier = record && (await takeOverUpload(repository, record, descriptor, options));
  if (earlier === "existed") return earlier;
  if (earlier !== undefined) {
    await upload.resume(earlier);
    return "pushed";
  }
  const post = (): Promise<UploadSession | "pushed"> => postBlob(repository, descriptor, content, options);
  const started = mayMount ? await mountOrStart(repository, digest, post, options) : plain(await post());
  if ("outcome" in started) return started.outcome;
  const { session, selfMount } = started;
  await record?.save(session, 0);
  const cancel = (): Promise<boolean> => cancelRecorded(repository, session, record, options);
  try {
    // Of a small body less would be saved than the question costs.
    const provedAbsent =
      anew || headFirst || size <= SMALL_BODY_BYTES || (selfMount && (await provesAbsence(repository, options)));
    if (!provedAbsent && (await isThere(repository, descriptor, options))) {
      if (selfMount) profile.learn({ existence: "head-first" });
      await cancel();
      return "existed";
    }
    if (size >= uploads.probeFrom) await probeHost(repository, options);
  } catch (error) {
    await cancel();
    throw error;
  }
  await upload.run(session);
  if (mayMount) profile.witness ??= { repository: repository.name, digest };
  return "pushed";
}

/** While nothing is known of the host, its first small blob is worth waiting for. */
function noteComing({ profile }: RemoteRepository, pushing: Promise<PushOutcome>): void {
  if (profile.witness === undefined) profile.coming.add(pushing);
}

async function isThere(
  repository: RemoteRepository,
  descriptor: Descriptor,
  options: PushBlobOptions,
): Promise<boolean> {
  options.signal?.throwIfAborted();
  return seesBlob(repository, descriptor, options);
}
