import type { RegistryResponse } from "../../../http/request.ts";
import { isRateLimited } from "../../../pace/rate-limited.ts";
import type { CallOptions } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { askUpload } from "./ask-upload.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * How much of an upload the registry has, in bytes. 0 where it says `0-0`, which distribution 3.1 does for no byte and for one, or nothing at all;
 * undefined where it doesn't know the session, or has no such status (crane's registry).
 * Requests: 1 GET. Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-13).
 * @throws {RegistryError} where it did not answer.
 */
export async function uploadStatus(
  repository: RemoteRepository,
  session: UploadSession,
  options: CallOptions = {},
): Promise<number | undefined> {
  try {
    const response = await askUpload(repository, session, { method: "GET", accept: [200, 202, 204] }, options);
    return arrivedIn(response) ?? 0;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The status of an upload as one that is unknown, where the registry answered with a refusal, 5xx too: another session may still be taken.
 * @throws what is no answer, or asks to come back later.
 */
export function unknownWhereRefused(error: unknown): undefined {
  if (statusOf(error) === undefined || isRateLimited(error)) throw error;
  return undefined;
}

/** The bytes of an upload by the `Range` of an answer; undefined for `0-0`, and where it says nothing. */
export function arrivedIn({ headers }: Pick<RegistryResponse, "headers">): number | undefined {
  const end = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(headers["range"] ?? "")?.[1];
  return end === undefined || end === "0" ? undefined : Number(end) + 1;
}
