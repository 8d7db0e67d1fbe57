import type { Descriptor } from "../content/descriptor.ts";
import { RegistryError } from "../errors.ts";
import type { CallOptions } from "../store/store.ts";
import { deleteContent, sendDelete } from "./delete-content.ts";
import { explained, statusOf } from "./explain.ts";
import { listTags } from "./list-tags.ts";
import { labelOf, manifestPath, type RemoteRepository } from "./remote-repository.ts";
import { resolveManifest } from "./resolve-manifest.ts";
import { resolveTags } from "./resolve-tags.ts";

/**
 * Removes one tag and nothing else. A registry that refuses to delete by tag (distribution 2.8) deletes by digest, and with it every tag of that digest; so that is done
 * only when no other tag has it.
 * Requests: 1 DELETE (end-9); after a refusal 1 HEAD for each tag, the list of tags and another DELETE.
 * @throws {RegistryError} MANIFEST_UNKNOWN; UNSUPPORTED naming a tag that would go too.
 */
export async function untag(repository: RemoteRepository, tag: string, options: CallOptions = {}): Promise<void> {
  const action = `Cannot delete tag "${tag}" from "${labelOf(repository)}"`;
  try {
    await sendDelete(repository, manifestPath(repository, tag), "manifest", options);
    return;
  } catch (error) {
    const status = statusOf(error);
    if (status !== 400 && status !== 405)
      throw explained(error, action, status === 404 ? "MANIFEST_UNKNOWN" : undefined);
    const descriptor = await resolveManifest(repository, tag, options);
    const other = await otherTagOf(repository, descriptor, tag, options);
    if (other === undefined) return deleteContent(repository, descriptor, options);
    throw new RegistryError(
      "UNSUPPORTED",
      `${action}: the registry deletes by digest only, and tag "${other}" has the same digest and would go too`,
      {
        cause: error,
        method: "DELETE",
        url: error instanceof RegistryError ? error.url : "",
        ...(status && { status }),
      },
    );
  }
}

async function otherTagOf(
  repository: RemoteRepository,
  { digest }: Descriptor,
  tag: string,
  options: CallOptions,
): Promise<string | undefined> {
  for await (const other of resolveTags(repository, listTags(repository, options), options)) {
    if (other.tag !== tag && other.descriptor.digest === digest) return other.tag;
  }
  return undefined;
}
