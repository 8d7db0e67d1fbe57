import { pause } from "../../../concurrency/pause.ts";
import { isRetryable } from "../../../errors/errors.ts";
import { isRateLimited } from "../../../pace/rate-limited.ts";
import type { CallOptions } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { askUpload } from "./ask-upload.ts";
import type { UploadSession } from "./upload-session.ts";

const CANCEL_TIMEOUT_MS = 5_000;
/**
 * Pauses before a Location that was stale is tried again, in ms: the registry still reads what a
 * broken request sent.
 */
const STALE_MS = [0, 25, 100, 400] as const;
/** A DELETE may be repeated, and what made the upload fail may break it too. */
const RETRY = { attempts: 5, baseDelayMs: 100 };

/**
 * Ends an upload that is not committed, within 5 s and whatever becomes of the caller's signal.
 * True where the session is gone, or the registry refuses to end it: then it expires there.
 * False where trying again later may help: no response, a response that may pass, or a Location
 * that is stale each time.
 * Requests: 1 DELETE; where its Location is stale (distribution 3.1 answers 416), a GET for the newest one and another DELETE.
 */
export async function cancelUpload(
  repository: RemoteRepository,
  session: UploadSession,
  options: Omit<CallOptions, "signal"> = {},
): Promise<boolean> {
  const call = { ...options, retry: RETRY, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) };
  try {
    if (await deleted(repository, session, call)) return true;
    for (const ms of STALE_MS) {
      await pause(ms, call.signal);
      const request = { method: "GET", accept: [200, 202, 204, 404] } as const;
      const { status, headers } = await askUpload(repository, session, request, call);
      if (status === 404) return true;
      if (headers["location"] === undefined) return false;
      if (await deleted(repository, session, call)) return true;
    }
    return false;
  } catch {
    // Best effort: what made the upload fail is what the caller needs to hear.
    return false;
  }
}

/** Requests: 1 DELETE. False where the Location is stale. @throws what may pass. */
async function deleted(repository: RemoteRepository, session: UploadSession, call: CallOptions): Promise<boolean> {
  try {
    await askUpload(repository, session, { method: "DELETE", accept: [200, 202, 204, 404] }, call);
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 416) return false;
    if (status === undefined || isRetryable(error) || isRateLimited(error)) throw error;
    return true;
  }
}
