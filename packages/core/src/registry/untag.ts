import { childrenOf } from "../content/children.ts";
import type { Descriptor } from "../content/descriptor.ts";
import type { Digest } from "../content/digest.ts";
import { isIndexMediaType, isManifestMediaType } from "../content/media-types.ts";
import { parseManifest } from "../content/parse-manifest.ts";
import { RegistryError } from "../errors.ts";
import type { CallOptions, UntagOptions } from "../store/store.ts";
import { deleteContent, sendDelete } from "./delete-content.ts";
import { explained, statusOf } from "./explain.ts";
import { listTags } from "./list-tags.ts";
import { openManifest } from "./open-manifest.ts";
import { isAzureName } from "./profile/known-host.ts";
import { labelOf, manifestPath, type RemoteRepository } from "./remote-repository.ts";
import { hasManifest, resolveManifest } from "./resolve-manifest.ts";
import { resolveTags } from "./resolve-tags.ts";
import { untagAtAzure } from "./untag-at-azure.ts";

/**
 * Removes one tag and nothing else; at Azure by its own request. A registry that refuses to delete by tag (distribution 2.8) deletes by digest, and with it every tag of that digest and the
 * manifest below every index; so that is done only when no other tag needs it, and not at all where `byDigest` is false. A 404 is believed
 * only where the tag is not found either: some registries have no such request and answer 404 to it.
 * Requests: 1 DELETE (end-9). Where that is refused, 1 more at Azure; at every other registry 1 GET, once, then 1 HEAD for each tag, 1 GET for each index, the list of tags
 * and another DELETE. After a 404 1 HEAD, and 1 GET where that finds nothing.
 * @throws {RegistryError} MANIFEST_UNKNOWN; UNSUPPORTED naming a tag that would go, or break, too; {StoreError} LOCKED.
 */
export async function untag(
  repository: RemoteRepository,
  tag: string,
  { byDigest = true, ...options }: UntagOptions = {},
): Promise<void> {
  const action = `Cannot delete tag "${tag}" from "${labelOf(repository)}"`;
  await repository.profile.ready();
  if (isAzure(repository) && (await untagAtAzure(repository, tag, options))) return;
  try {
    await sendDelete(repository, manifestPath(repository, tag), "manifest", options);
    return;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 && !(await hasManifest(repository, tag, options)))
      throw explained(error, action, "MANIFEST_UNKNOWN");
    if (status !== 400 && status !== 404 && status !== 405) throw explained(error, action);
    if (await untagAtAzure(repository, tag, options)) return;
    const refused = (why: string): RegistryError =>
      new RegistryError("UNSUPPORTED", `${action}: the registry deletes by digest only${why}`, {
        cause: error,
        method: "DELETE",
        url: error instanceof RegistryError ? error.url : "",
        // A 404 among these is nobody's success: the tag is there.
        ...(status && status !== 404 && { status }),
      });
    if (!byDigest) throw refused("");
    const descriptor = await resolveManifest(repository, tag, options);
    const harm = await harmToOthers(repository, descriptor, tag, options);
    if (harm === undefined) return deleteContent(repository, descriptor, options);
    throw refused(`, and ${harm}`);
  }
}

/** Whether it is worth asking as Azure is asked before anything else. */
function isAzure({ profile, client }: RemoteRepository): boolean {
  return profile.get("tagDetails") === "acr" || isAzureName(client.host);
}

/** What another tag would suffer if the manifest went. */
async function harmToOthers(
  repository: RemoteRepository,
  { digest }: Descriptor,
  tag: string,
  options: CallOptions,
): Promise<string | undefined> {
  const free = new Set<Digest>();
  for await (const other of resolveTags(repository, listTags(repository, options), options)) {
    if (other.tag === tag) continue;
    if (other.descriptor.digest === digest) return `tag "${other.tag}" has the same digest and would go too`;
    if (await contains(repository, other.descriptor, { digest, free, options })) {
      return `the index of tag "${other.tag}" contains it and would break`;
    }
  }
  return undefined;
}

/** Whether an index, or one below it, names the manifest. Those that do not are noted, and not read again. */
async function contains(
  repository: RemoteRepository,
  index: Descriptor,
  search: { readonly digest: Digest; readonly free: Set<Digest>; readonly options: CallOptions },
): Promise<boolean> {
  const { digest, free, options } = search;
  if (!isIndexMediaType(index.mediaType) || free.has(index.digest)) return false;
  free.add(index.digest);
  const { bytes, descriptor } = await openManifest(repository, index.digest, options);
  const children = childrenOf(parseManifest(bytes, descriptor.mediaType));
  if (children.some((child) => child.digest === digest)) return true;
  for (const child of children) {
    if (isManifestMediaType(child.mediaType) && (await contains(repository, child, search))) return true;
  }
  return false;
}
