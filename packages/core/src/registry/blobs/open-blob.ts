import type { Digest } from "../../digest/digest.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { RegistryRequest, RegistryResponse } from "../../http/request.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { lengthHeader } from "../manifest-headers.ts";
import { blobPath, labelOf, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../transport/retries.ts";
import { type OpenedContent, openRange, wholeContent } from "./open-range.ts";
import { resumingContent } from "./resuming-content.ts";

/** A blob that was known by its digest alone. */
export interface OpenedBlob {
  /** Bytes, as the registry says. */
  readonly size: number;
  /** Not verified yet. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The bytes of a blob of which only the digest is known: its size is what the answer says. After a break the stream goes on as that of `fetchContent`.
 * Requests: 1 GET (and its redirect), 1 more for each break; a HEAD more where the answer has no length. Spec: distribution-spec v1.1.1, "Pulling blobs" (end-2).
 * @throws {RegistryError} BLOB_UNKNOWN; PROTOCOL where the registry doesn't say the length at all.
 */
export async function openBlob(
  repository: RemoteRepository,
  digest: Digest,
  options: CallOptions = {},
): Promise<OpenedBlob> {
  const { client } = repository;
  const action = `Cannot read "${digest}" of "${labelOf(repository)}"`;
  const request: RegistryRequest = {
    method: "GET",
    path: blobPath(repository, digest),
    kind: "blob",
    scopes: [pullScope(repository.name)],
    headers: { "accept-encoding": "identity" },
    accept: [200],
    call: options,
  };
  const explaining = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explained(error, action, statusOf(error) === 404 ? "BLOB_UNKNOWN" : undefined);
    }
  };
  const response = await explaining(client.request(request));
  const size = lengthHeader(response) ?? (await explaining(askLength(repository, request, response)));
  const range = { digest, size, action, request };
  const first: OpenedContent = wholeContent(response, range);
  const open = (offset: number): Promise<OpenedContent> => explaining(openRange(client, range, offset));
  return {
    size,
    content: resumingContent({
      first,
      offset: 0,
      size,
      action,
      open,
      retry: retriesOf(repository.retry, options, { ...request, host: client.host }),
    }),
  };
}

/** The body that is open waits meanwhile; it is dropped where this fails. */
async function askLength(
  { client }: RemoteRepository,
  request: RegistryRequest,
  { body, url, status }: RegistryResponse,
): Promise<number> {
  try {
    const head = await client.request({ ...request, method: "HEAD" });
    await head.body.drop();
    const length = lengthHeader(head);
    if (length !== undefined) return length;
    throw new RegistryError("PROTOCOL", "the registry does not say how long it is", {
      method: "GET",
      url: url.href,
      status,
    });
  } catch (error) {
    await body.drop();
    throw error;
  }
}
