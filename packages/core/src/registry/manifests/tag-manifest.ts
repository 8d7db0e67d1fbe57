import type { Descriptor } from "../../content/descriptor.ts";
import type { CallOptions } from "../../store/store.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { openManifest } from "./open-manifest.ts";
import { putManifest } from "./put-manifest.ts";

/**
 * Points a tag at a manifest that is in the repository: its bytes are put under the tag.
 * Requests: 1 PUT (end-7), and 1 GET where the manifest was not read or pushed lately.
 * @throws {RegistryError} MANIFEST_UNKNOWN, or what the registry refused.
 */
export async function tagManifest(
  repository: RemoteRepository,
  descriptor: Descriptor,
  tag: string,
  options: CallOptions = {},
): Promise<void> {
  const cached = repository.manifests.get(repository.name, descriptor.digest);
  const content = cached ?? (await openManifest(repository, descriptor.digest, options));
  await putManifest(repository, content, tag, options);
}
