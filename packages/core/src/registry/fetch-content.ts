import type { Descriptor } from "../content/descriptor.ts";
import { isManifestMediaType, MANIFEST_ACCEPT } from "../content/media-types.ts";
import type { CallOptions } from "../store/store.ts";
import { explained, statusOf } from "./explain.ts";
import { type ContentRange, type OpenedContent, openRange } from "./open-range.ts";
import { blobPath, labelOf, manifestPath, pullScope, type RemoteRepository } from "./remote-repository.ts";
import { resumingContent } from "./resuming-content.ts";
import { retriesOf } from "./retries.ts";

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
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > size) {
    throw new RangeError(`Cannot read "${digest}" from offset ${offset}: it has ${size} bytes`);
  }
  signal?.throwIfAborted();
  const isManifest = isManifestMediaType(descriptor.mediaType);
  const range: ContentRange = {
    size,
    request: {
      method: "GET",
      path: isManifest ? manifestPath(repository, digest) : blobPath(repository, digest),
      kind: isManifest ? "manifest" : "blob",
      scopes: [pullScope(repository.name)],
      headers: { "accept-encoding": "identity", ...(isManifest ? { accept: MANIFEST_ACCEPT } : {}) },
      accept: [200],
      answerLength: size,
      call: options,
    },
  };
  const action = `Cannot read "${digest}" of "${labelOf(repository)}"`;
  const open = async (from: number): Promise<OpenedContent> => {
    try {
      return await openRange(repository.client, range, from);
    } catch (error) {
      const unknown = isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
      throw explained(error, action, statusOf(error) === 404 ? unknown : undefined);
    }
  };
  const retry = retriesOf(repository.retry, options, { ...range.request, host: repository.client.host });
  const first = offset === size ? undefined : await open(offset);
  return resumingContent({ first, offset, size, action, open, retry });
}
