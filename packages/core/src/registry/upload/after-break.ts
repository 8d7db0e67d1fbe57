import { isRetryable, RegistryError } from "../../errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { statusOf } from "../explain.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import type { UploadPosition } from "./upload-position.ts";
import { uploadStatus } from "./upload-status.ts";

/** Where less was sent, asking how much of it arrived costs more than sending it again. */
export const WORTH_ASKING_BYTES: number = 1024 * 1024;

/** Tells what of an upload that failed is worth another try. One for each upload: a wrong digest is believed the second time. */
export function triesAfterBreaks(position: UploadPosition): (error: unknown) => boolean {
  let mismatched = false;
  return (error) => {
    // 416: bytes of a broken request are in the session, so it is asked what it has.
    if (isRetryable(error) || statusOf(error) === 416 || isUnknownSession(error)) return true;
    // What we sent has the digest: pieces of several requests were put together wrongly, one of them perhaps by a kept connection that died and was replaced.
    if (!position.committing || mismatched || statusOf(error) !== 400) return false;
    if (!position.resumed && !(error instanceof RegistryError && error.code === "DIGEST_INVALID")) return false;
    mismatched = true;
    return true;
  };
}

/**
 * Asks where an upload stands after a failure, and moves the position there; false where it has to be begun anew, without an answer that can be believed too.
 * Requests: 1 GET, where enough was sent.
 * @throws {RegistryError} where it did not answer.
 */
export async function goesOnAfter(
  error: unknown,
  repository: RemoteRepository,
  position: UploadPosition,
  call: CallOptions,
): Promise<boolean> {
  const { session, sent, confirmed, committing, resumed } = position;
  const { profile } = repository;
  const isWrong = committing && !isRetryable(error) && (resumed || statusOf(error) === 400);
  if (session === undefined || isWrong || sent < WORTH_ASKING_BYTES || profile.get("resume") === "none") return false;
  const arrived = await uploadStatus(repository, session, call);
  if (arrived === undefined || arrived === 0 || arrived < confirmed || arrived > sent) return false;
  // The first break shows what the host keeps.
  if (profile.get("resume") === undefined) {
    profile.learn({ resume: arrived > confirmed ? "any-byte" : "whole-chunks" });
  }
  position.confirm(arrived);
  position.resumed = true;
  return true;
}

/** Repeating a PUT that was committed gets 404, as a session that was lost does; old Artifactory knows no PUT with a body (404, 405). */
function isUnknownSession(error: unknown): boolean {
  return statusOf(error) === 404 || statusOf(error) === 405;
}
