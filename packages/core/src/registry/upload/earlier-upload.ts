import type { Descriptor } from "../../content/descriptor.ts";
import { isRetryable, RegistryError } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { seesBlob } from "../blobs/head-blob.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { isDigestChecked } from "./probe/probe-host.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";
import { cancelRecorded } from "./recovery/cancel-recorded.ts";
import type { UploadRecord } from "./recovery/upload-record.ts";
import type { UploadSession } from "./steps/upload-session.ts";
import { unknownWhereRefused, uploadStatus } from "./steps/upload-status.ts";

/** What an earlier process has begun, with the bytes that the registry has of it. */
export interface EarlierUpload {
  readonly session: UploadSession;
  readonly arrived: number;
}

/**
 * Takes over what an earlier process has begun. Undefined where there is nothing to resume: what
 * there was is cancelled, or stays in the journal.
 * "existed" where another process has sent the blob since then.
 *
 * This process has not hashed what that process sent, and its source may have been wrong: it is resumed
 * only where the registry is known to refuse a wrong digest. Elsewhere the blob is sent from its start.
 * Requests: none where nothing was left; else 1 GET, and a HEAD before it where the journal has
 * seen the blob in this repository; those of `isDigestChecked` where much has arrived.
 * @param size bytes of the blob.
 * @throws {RegistryError} where the registry did not answer, or asks to come back later: then it is left for later. The signal's reason.
 */
export async function takeOverUpload(
  repository: RemoteRepository,
  record: UploadRecord,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  call: PushBlobOptions,
): Promise<EarlierUpload | "existed" | undefined> {
  if (!record.mayGoOn) return undefined;
  const claimed = await record.claim(call.signal);
  if (claimed === undefined) return undefined;
  const { session, confirmed } = claimed;
  try {
    if (call.anew !== true && (await wasSentMeanwhile(repository, { digest, size }, call))) {
      await cancelRecorded(repository, session, record, call);
      return "existed";
    }
    const arrived = claimed.size === size ? await uploadStatus(repository, session, call) : undefined;
    const isBelievable = arrived !== undefined && arrived > 0 && arrived >= confirmed && arrived <= size;
    const mayGoOn = isBelievable && repository.profile.get("resume") !== "none";
    if (mayGoOn && (await isDigestChecked(repository, arrived, call))) return { session, arrived };
  } catch (error) {
    if (error instanceof RegistryError && error.code === "REDIRECT_REFUSED") {
      await record.ended();
      return undefined;
    }
    await record.released();
    // What a new upload may not meet, such as a session whose status gets 500: it stays in the journal.
    if (error instanceof RegistryError && error.status === undefined && !isRetryable(error)) return undefined;
    return unknownWhereRefused(error);
  }
  await cancelRecorded(repository, session, record, call);
  return undefined;
}

/** The journal is a hint, the registry decides. */
async function wasSentMeanwhile(
  repository: RemoteRepository,
  descriptor: Pick<Descriptor, "digest" | "size">,
  call: CallOptions,
): Promise<boolean> {
  const place = { repository: repository.name, access: await repository.access(call.signal) };
  return (await repository.blobs.wasSeen(place, descriptor.digest)) && (await seesBlob(repository, descriptor, call));
}

/**
 * Cancels every session of a blob that is there now and that nobody works on, until one can't be
 * cancelled: that one, and the rest, stay in the journal.
 * Requests: none where nothing was left, else those of `cancelUpload` for each.
 */
export async function cancelEarlier(
  repository: RemoteRepository,
  record: UploadRecord,
  call: CallOptions,
): Promise<void> {
  for (;;) {
    // The blob has arrived: what is left may wait for another process.
    const claimed = await record.claim(call.signal).catch(() => undefined);
    if (claimed === undefined || !(await cancelRecorded(repository, claimed.session, record, call))) return;
  }
}
