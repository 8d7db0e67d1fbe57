import { OCI_MANIFEST } from "../content/media-types.ts";
import { isDigest } from "../digest/digest.ts";
import { deleteContent } from "../registry/deletion/delete-content.ts";
import { resolveManifest } from "../registry/manifests/resolve-manifest.ts";
import type { RemoteRepository } from "../registry/remote-repository.ts";
import type { CallOptions } from "../store/store.ts";

/**
 * Removes a manifest, and with it every tag that points at it, also where one tag names it.
 * Requests: 1 DELETE (end-9); 1 HEAD before it for a tag.
 * @throws {RegistryError} MANIFEST_UNKNOWN; UNSUPPORTED where deleting is switched off or the manifest is locked.
 */
export async function deleteManifest(
  repository: RemoteRepository,
  reference: string,
  options: CallOptions = {},
): Promise<void> {
  const digest = isDigest(reference) ? reference : (await resolveManifest(repository, reference, options)).digest;
  await deleteContent(repository, { mediaType: OCI_MANIFEST, digest, size: 0 }, options);
}
