import { isRetryable, RegistryError } from "../../../errors/errors.ts";
import type { CallOptions } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { ReadOtherwise } from "../content/hashed-reading.ts";
import { ContentFailure, type OutgoingPart } from "../content/outgoing.ts";
import { unknownWhereRefused, uploadStatus } from "../steps/upload-status.ts";
import type { UploadPosition } from "./upload-position.ts";

/** Where less was sent, asking how much of it arrived costs more than sending it again. */
export const WORTH_ASKING_BYTES: number = 1024 * 1024;

/** Tells what of an upload that failed is worth another try. One for each upload: a wrong digest is believed the second time. */
export function triesAfterBreaks(position: UploadPosition): (error: unknown) => boolean {
  let mismatched = false;
  let readAgain = false;
  return (error) => {
    if (isReadOtherwise(error)) {
      const isFirst = !readAgain;
      readAgain = true;
      return isFirst;
    }
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
 * @throws {RegistryError} where it did not answer, or asks to come back later.
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
  // Nothing would tell that what is there is not what was sent, or that what was sent was wrong.
  if (profile.get("checksDigest") === false || isReadOtherwise(error)) return false;
  const arrived = await uploadStatus(repository, session, call).catch(unknownWhereRefused);
  if (arrived === undefined || arrived === 0 || arrived < confirmed || arrived > sent) return false;
  // The first break shows what the host keeps.
  if (profile.get("resume") === undefined) {
    profile.learn({ resume: arrived > confirmed ? "any-byte" : "whole-chunks" });
  }
  // It refuses bytes at the very place that it names: no other try goes on there.
  if (statusOf(error) === 416 && position.isUnproven && arrived === confirmed) return false;
  position.goOnAt(arrived);
  return true;
}

/**
 * Refuses an upload that holds more than was sent to it: late bytes of a request that broke came between. Where a wrong digest is refused, that shows at the commit;
 * elsewhere only the length can tell.
 * @param arrived bytes that the registry has by its answer to the part.
 * @throws {RegistryError} 416, after which it is begun anew.
 */
export function refuseLateBytes(
  { profile }: RemoteRepository,
  { resumed, session }: UploadPosition,
  { offset, length }: OutgoingPart,
  arrived: number | undefined,
): void {
  const sent = offset + length;
  if (!resumed || arrived === undefined || arrived <= sent || profile.get("checksDigest") === true) return;
  const message = `the registry has ${arrived} bytes of the upload, and ${sent} were sent`;
  const url = session?.location.href ?? "";
  throw new RegistryError("BLOB_UPLOAD_INVALID", message, { status: 416, method: "PATCH", url });
}

/** Repeating a PUT that was committed gets 404, as a session that was lost does; old Artifactory knows no PUT with a body (404, 405). */
function isUnknownSession(error: unknown): boolean {
  return statusOf(error) === 404 || statusOf(error) === 405;
}

function isReadOtherwise(error: unknown): boolean {
  return error instanceof ContentFailure && error.cause instanceof ReadOtherwise;
}
