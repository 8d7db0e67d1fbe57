import type { Descriptor } from "../content/descriptor.ts";
import { isManifestMediaType } from "../content/media-types.ts";
import type { CallOptions } from "../store/store.ts";
import { explained, statusOf } from "./explain.ts";
import { blobPath, deleteScope, labelOf, manifestPath, type RemoteRepository } from "./remote-repository.ts";

/**
 * Removes a manifest, with every tag that points at it, or a blob.
 * Requests: 1 DELETE. Spec: distribution-spec v1.1.1, "Deleting manifests" (end-9), "Deleting Blobs" (end-10).
 * @throws {RegistryError} MANIFEST_UNKNOWN, BLOB_UNKNOWN; UNSUPPORTED where deleting is switched off.
 */
export async function deleteContent(
  repository: RemoteRepository,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<void> {
  const { digest } = descriptor;
  const isManifest = isManifestMediaType(descriptor.mediaType);
  const path = isManifest ? manifestPath(repository, digest) : blobPath(repository, digest);
  try {
    await sendDelete(repository, path, isManifest ? "manifest" : "blob", options);
    repository.manifests.delete(repository.name, digest);
  } catch (error) {
    const unknown = isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
    const code = statusOf(error) === 404 ? unknown : undefined;
    throw explained(error, `Cannot delete "${digest}" from "${labelOf(repository)}"`, code);
  }
}

/** One DELETE, not repeated: a second one would say that there is nothing to delete. */
export async function sendDelete(
  repository: RemoteRepository,
  path: string,
  kind: "manifest" | "blob",
  options: CallOptions,
): Promise<void> {
  const response = await repository.client.request({
    method: "DELETE",
    path,
    kind,
    scopes: [deleteScope(repository.name)],
    accept: [200, 202, 204],
    call: options,
  });
  await response.body.drop();
}
