import type { Descriptor } from "../../content/descriptor.ts";
import { isManifestMediaType } from "../../content/media-types.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { encodingHeader } from "../manifest-headers.ts";
import { checkedDigest, getManifest } from "../manifests/open-manifest.ts";
import { blobPath, labelOf, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../transport/retries.ts";
import { type ContentRange, type OpenedContent, openRange } from "./open-range.ts";
import { resumingContent } from "./resuming-content.ts";

/**
 * The bytes of a blob or manifest from `offset`; the consumer verifies them. After a break the stream goes on at the offset reached, always from the
 * registry's own URL; it gives up after as many tries in a row as `retry` says brought nothing.
 * Requests: 1 GET (and its redirect), 1 more for each break, none where `offset` is the size. Spec: distribution-spec v1.1.1, "Pulling blobs" (end-2).
 * @throws {RegistryError} BLOB_UNKNOWN, MANIFEST_UNKNOWN; SIZE_MISMATCH where the registry has it in another size.
 * @throws {RangeError} for an offset that is not in the content.
 */
export async function fetchContent(
  repository: RemoteRepository,
  descriptor: Descriptor,
  options: CallOptions & { readonly offset?: number } = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { offset = 0, signal } = options;
  const { digest, size } = descriptor;
  if (isManifestMediaType(descriptor.mediaType)) return fetchManifest(repository, descriptor, options);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > size) {
    throw new RangeError(`Cannot read "${digest}" from offset ${offset}: it has ${size} bytes`);
  }
  signal?.throwIfAborted();
  const action = `Cannot read "${digest}" of "${labelOf(repository)}"`;
  const range: ContentRange = {
    digest,
    size,
    action,
    request: {
      method: "GET",
      path: blobPath(repository, digest),
      kind: "blob",
      scopes: [pullScope(repository.name)],
      headers: { "accept-encoding": "identity" },
      accept: [200],
      answerLength: size,
      call: options,
    },
  };
  const open = async (from: number): Promise<OpenedContent> => {
    try {
      return await openRange(repository.client, range, from);
    } catch (error) {
      throw explained(error, action, statusOf(error) === 404 ? "BLOB_UNKNOWN" : undefined);
    }
  };
  const retry = retriesOf(repository.retry, options, { ...range.request, host: repository.client.host });
  const first = offset === size ? undefined : await open(offset);
  return resumingContent({ first, offset, size, action, open, retry });
}

/** The whole of it comes at once, of whatever size: its digest says whether it is the right one. */
async function fetchManifest(
  repository: RemoteRepository,
  { digest }: Descriptor,
  { offset = 0, ...call }: CallOptions & { readonly offset?: number },
): Promise<AsyncIterable<Uint8Array>> {
  call.signal?.throwIfAborted();
  const response = await getManifest(repository, digest, call);
  const { bytes } = response;
  // Else the error of the consumer, who hashes them, would not name the encoding.
  if (encodingHeader(response) !== undefined) checkedDigest(repository, digest, response);
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= bytes.length) return once(bytes.subarray(offset));
  throw new RangeError(`Cannot read "${digest}" from offset ${offset}: it has ${bytes.length} bytes`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
