import type { Descriptor } from "../../content/descriptor.ts";
import { isManifestMediaType } from "../../content/media-types.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { CallOptions } from "../../store/store.ts";
import { holdsBlob } from "../blobs/head-blob.ts";
import { explained, statusOf } from "../explain.ts";
import { hasManifest } from "../manifests/resolve-manifest.ts";
import { blobPath, deleteScope, labelOf, manifestPath, type RemoteRepository } from "../remote-repository.ts";

/**
 * Removes a manifest, with every tag that points at it, or a blob. A 404 is believed only where the
 * content is not found either: some registries, and proxies before them, have no such request and answer 404 to it.
 * Requests: 1 DELETE; after a 404 1 HEAD, and 1 GET where that finds nothing.
 * Spec: distribution-spec v1.1.1, "Deleting manifests" (end-9), "Deleting Blobs" (end-10).
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
    const action = `Cannot delete "${digest}" from "${labelOf(repository)}"`;
    if (statusOf(error) !== 404) throw explained(error, action);
    const isThere = isManifest
      ? await hasManifest(repository, digest, options)
      : await holdsBlob(repository, digest, options);
    if (isThere) throw notDeleted(action, error);
    throw explained(error, action, isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN");
  }
}

/** It has no status: a 404 is nobody's success where the content is there. */
function notDeleted(action: string, cause: unknown): RegistryError {
  const { method, url } = cause instanceof RegistryError ? cause : { method: "DELETE", url: "" };
  const detail = "the registry answered 404 to the DELETE and still has it; it may not support deleting";
  return new RegistryError("UNSUPPORTED", `${action}: ${detail}`, { cause, method, url });
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
