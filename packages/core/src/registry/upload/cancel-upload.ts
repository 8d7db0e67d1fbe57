import { isRetryable } from "../../errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { statusOf } from "../explain.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { askUpload } from "./ask-upload.ts";
import type { UploadSession } from "./upload-session.ts";

const CANCEL_TIMEOUT_MS = 5_000;
const TRIES = 3;
/** A DELETE may be repeated, and what made the upload fail may break it too. */
const RETRY = { attempts: 5, baseDelayMs: 100 };

/**
 * Ends an upload that will not be committed, within 5 s and whatever becomes of the caller's signal. A registry that does not know
 * the session, or cannot cancel, loses nothing by it: unused sessions expire.
 * False where nobody answered, so that trying again may help; true where the session is gone, or the registry refuses to end it.
 * Requests: 1 DELETE; where its Location is stale (distribution 3.1 answers 416), a GET for the newest one and another DELETE.
 */
export async function cancelUpload(
  repository: RemoteRepository,
  session: UploadSession,
  options: Omit<CallOptions, "signal"> = {},
): Promise<boolean> {
  const call = { ...options, retry: RETRY, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) };
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        await askUpload(repository, session, { method: "DELETE", accept: [200, 202, 204, 404] }, call);
        return true;
      } catch (error) {
        // Bytes of a broken request may still be coming in there, so a fresh Location can be stale again.
        if (statusOf(error) !== 416 || tries === TRIES) return !isRetryable(error) && statusOf(error) !== undefined;
      }
      const { headers } = await askUpload(repository, session, { method: "GET", accept: [200, 202, 204] }, call);
      if (headers["location"] === undefined) return false;
    }
  } catch {
    // Best effort: what made the upload fail is what the caller needs to hear.
    return false;
  }
}
