import type { CallOptions } from "../../../store/store.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { cancelUpload } from "../steps/cancel-upload.ts";
import type { UploadSession } from "../steps/upload-session.ts";
import type { UploadRecord } from "./upload-record.ts";

/**
 * Cancels an upload, and forgets it; false where that may work later: then its record is left to
 * whoever comes. Requests: those of `cancelUpload`.
 */
export async function cancelRecorded(
  repository: RemoteRepository,
  session: UploadSession,
  record: UploadRecord | undefined,
  call: Omit<CallOptions, "signal">,
): Promise<boolean> {
  const isGone = await cancelUpload(repository, session, call);
  await (isGone ? record?.ended() : record?.released());
  return isGone;
}
