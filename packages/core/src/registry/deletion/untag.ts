import type { Digest } from "../../digest/digest.ts";
import { RegistryError } from "../../errors/errors.ts";
import { brokenTagsError } from "../../store/missing-tags.ts";
import type { UntagOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { hasManifest, resolveManifest } from "../manifests/resolve-manifest.ts";
import { isAzureName } from "../profile/known-host.ts";
import { labelOf, manifestPath, type RemoteRepository } from "../remote-repository.ts";
import { unlessUnknown } from "../unless-unknown.ts";
import { deleteContent, sendDelete } from "./delete-content.ts";
import { harmToOthers, isBrokenTag } from "./harm-to-others.ts";
import { untagAtAzure } from "./untag-at-azure.ts";

/**
 * Removes one tag and nothing else; at Azure by its own request. A registry that refuses to delete
 * by tag (distribution 2.8) deletes by digest, and with it every tag of that digest and the
 * manifest below every index; so that is done only when no other tag needs it, and not at all where
 * `byDigest` is false. A 404 is believed only where the tag is not found either: some registries
 * have no such request and answer 404 to it.
 * Requests: 1 DELETE (end-9). Where that is refused, 1 more at Azure; at every other registry 1
 * GET, once, then the list of tags, 1 HEAD for each and 1 GET for each index, the list and the
 * HEADs once more where there was an index, 1 HEAD for the tag right before another DELETE. After a
 * 404 1 HEAD, and where that finds nothing 1 GET and the list of tags. No registry has a
 * conditional DELETE: whoever puts a tag on the manifest between this last HEAD and the DELETE
 * loses it.
 * @throws {RegistryError} MANIFEST_UNKNOWN; UNSUPPORTED naming a tag that would go, or break, too;
 * {StoreError} LOCKED; BROKEN_TAG naming other tags without a manifest.
 * @throws {IncompleteListError} where it has to be deleted by digest, and the list may lack tags
 * that need it.
 */
export async function untag(
  repository: RemoteRepository,
  tag: string,
  { byDigest = true, ignoreBrokenTags = false, ...options }: UntagOptions = {},
): Promise<void> {
  const action = `Cannot delete tag "${tag}" from "${labelOf(repository)}"`;
  await repository.profile.ready();
  if (isAzure(repository) && (await untagAtAzure(repository, tag, options))) return;
  try {
    await sendDelete(repository, manifestPath(repository, tag), "manifest", options);
    return;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 && !(await hasManifest(repository, tag, options))) {
      if (await isBrokenTag(repository, tag, options)) throw notDeleted(action, error);
      throw explained(error, action, "MANIFEST_UNKNOWN");
    }
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
    const descriptor = await resolveManifest(repository, tag, options).catch(async (missing: unknown) => {
      const isBroken = statusOf(missing) === 404 && (await isBrokenTag(repository, tag, options));
      throw isBroken ? refused(", and the tag has no manifest (404)") : missing;
    });
    const free = new Set<Digest>();
    let read: number;
    // Reading indexes takes time: the tags are listed and asked for again, until no index is new.
    do {
      read = free.size;
      const { harm, broken } = await harmToOthers(repository, descriptor, tag, options, free);
      if (harm !== undefined) throw refused(`, and ${harm}`);
      if (broken.length > 0 && !ignoreBrokenTags) throw brokenTagsError(action, labelOf(repository), broken);
    } while (free.size > read);
    const now = await unlessUnknown(resolveManifest(repository, tag, options));
    if (now?.digest !== descriptor.digest) throw refused(", and the tag was moved or deleted meanwhile");
    return deleteContent(repository, descriptor, options);
  }
}

/** It has no status: a 404 is nobody's success where the tag is listed. */
function notDeleted(action: string, cause: unknown): RegistryError {
  const { method, url } = cause instanceof RegistryError ? cause : { method: "DELETE", url: "" };
  const detail = "it is listed and has no manifest (404), and the registry answers 404 to its deletion too";
  return new RegistryError("UNSUPPORTED", `${action}: ${detail}`, { cause, method, url });
}

/** Whether it is worth asking as Azure is asked before anything else. */
function isAzure({ profile, client }: RemoteRepository): boolean {
  return profile.get("tagDetails") === "acr" || isAzureName(client.host);
}
