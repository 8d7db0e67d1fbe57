import type { CallOptions } from "../../../store/store.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import type { OutgoingPart } from "../content/outgoing.ts";
import { askUpload, type UploadRequest } from "./ask-upload.ts";
import type { UploadSession } from "./upload-session.ts";
import { arrivedIn } from "./upload-status.ts";

/** The longest wait for the answer to a chunk, in ms: some registries hash or move it first. */
const CHUNK_TIMEOUT_MS = 5 * 60_000;

/**
 * Sends the bytes of a part to where the upload stands. Gives how much the registry has now by the `Range` of its answer, which proves little: ECR's sticks at the
 * first chunk and Aliyun's counts from the chunk's start; the digest at the commit says whether all came.
 * Requests: 1 PATCH, not repeated. Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5); `Content-Range: START-END` without a unit.
 * @throws {ContentFailure} @throws {RegistryError} what the registry refused.
 */
export async function patchUpload(
  repository: RemoteRepository,
  session: UploadSession,
  part: OutgoingPart,
  { keptSlots, asksFirst, ...options }: CallOptions & Pick<UploadRequest, "keptSlots" | "asksFirst"> = {},
): Promise<number | undefined> {
  const { offset, length, isLast } = part;
  const request = {
    method: "PATCH",
    part,
    keptSlots,
    asksFirst,
    // ECR answers 201.
    accept: [201, 202, 204],
    headersTimeoutMs: CHUNK_TIMEOUT_MS,
  } as const;
  // The blob in one piece needs no range: old registries take it as a stream.
  const isWhole = offset === 0 && isLast;
  const headers = isWhole ? {} : { "content-range": `${offset}-${offset + length - 1}` };
  const response = await askUpload(repository, session, { ...request, headers }, options);
  return arrivedIn(response);
}
