import { isRetryable, RegistryError } from "../../errors.ts";
import type { CallOptions } from "../../store/store.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { cancelRecorded } from "./cancel-recorded.ts";
import type { UploadRecord } from "./upload-record.ts";
import type { UploadSession } from "./upload-session.ts";
import { uploadStatus } from "./upload-status.ts";

/** What an earlier process has begun, with the bytes that the registry has of it. */
export interface EarlierUpload {
  readonly session: UploadSession;
  readonly arrived: number;
}

/**
 * Takes over what an earlier process has begun; undefined where there is nothing to go on with, and what there was is cancelled.
 * @param size bytes of the blob.
 * @throws {RegistryError} where the registry did not answer: then it is left for later. The signal's reason.
 */
export async function takeOverUpload(
  repository: RemoteRepository,
  record: UploadRecord,
  size: number,
  call: CallOptions,
): Promise<EarlierUpload | undefined> {
  const claimed = await record.claim(call.signal);
  if (claimed === undefined) return undefined;
  const { session, confirmed } = claimed;
  const arrived = await askedFor(repository, session, record, call);
  const isBelievable = arrived !== undefined && arrived > 0 && arrived >= confirmed && arrived <= size;
  if (isBelievable && repository.profile.get("resume") !== "none") return { session, arrived };
  if (arrived === undefined) await record.ended();
  else await cancelRecorded(repository, session, record, call);
  return undefined;
}

/** Cancels what an earlier process has begun: the blob is there. */
export async function cancelEarlier(
  repository: RemoteRepository,
  record: UploadRecord,
  call: CallOptions,
): Promise<void> {
  const claimed = await record.claim(call.signal);
  if (claimed !== undefined) await cancelRecorded(repository, claimed.session, record, call);
}

async function askedFor(
  repository: RemoteRepository,
  session: UploadSession,
  record: UploadRecord,
  call: CallOptions,
): Promise<number | undefined> {
  try {
    return await uploadStatus(repository, session, call);
  } catch (error) {
    // A Location that must not be followed any more is none.
    if (error instanceof RegistryError && error.status === undefined && !isRetryable(error)) return undefined;
    await record.released();
    throw error;
  }
}
