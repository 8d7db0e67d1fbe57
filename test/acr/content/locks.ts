import { disallowed } from "../refusal.ts";
import type { ManifestRecord, RepositoryRecord, TagRecord } from "./records.ts";
import { tagsOf } from "./records.ts";

/** Checks that content may be put into the repository, if there is one yet. @throws {Refusal} 405. */
export function checkWritable(repository: RepositoryRecord | undefined): void {
  if (repository?.attributes.writeEnabled === false) throw disallowed(repository.name);
}

/**
 * Checks that a manifest may be put under a tag: neither it, nor what the tag names now, is locked.
 * @throws {Refusal} 405.
 */
export function checkManifestWritable(
  repository: RepositoryRecord | undefined,
  digest: string,
  tag: string | undefined,
): void {
  checkWritable(repository);
  const tagged = tag === undefined ? undefined : repository?.tags.get(tag);
  if (tagged?.attributes.writeEnabled === false) throw disallowed(tagged.name);
  for (const touched of new Set([digest, tagged?.digest ?? digest])) {
    if (repository?.manifests.get(touched)?.attributes.writeEnabled === false) throw disallowed(touched);
  }
}

/** Checks that content of the repository may be deleted. What may not be written may not be deleted either. @throws {Refusal} 405. */
export function checkDeletable(repository: RepositoryRecord | undefined): void {
  if (repository !== undefined) checkUnlocked(repository.name, repository);
}

/** @throws {Refusal} 405. */
export function checkTagDeletable(repository: RepositoryRecord, tag: TagRecord): void {
  checkDeletable(repository);
  checkUnlocked(tag.name, tag);
}

/** Checks that a manifest may be deleted, and its tags with it. @throws {Refusal} 405. */
export function checkManifestDeletable(repository: RepositoryRecord, manifest: ManifestRecord): void {
  checkDeletable(repository);
  checkUnlocked(manifest.digest, manifest);
  for (const tag of tagsOf(repository, manifest.digest)) checkUnlocked(tag.name, tag);
}

/** Checks that a repository may be deleted with all that it holds. @throws {Refusal} 405. */
export function checkRepositoryDeletable(repository: RepositoryRecord): void {
  checkDeletable(repository);
  for (const manifest of repository.manifests.values()) checkManifestDeletable(repository, manifest);
}

/** Checks that a manifest, by digest or tag, or a blob where there is no reference, may be pulled. @throws {Refusal} 405. */
export function checkReadable(repository: RepositoryRecord | undefined, reference?: string): void {
  if (repository === undefined) return;
  if (!repository.attributes.readEnabled) throw disallowed(repository.name);
  if (reference === undefined) return;
  const tag = repository.tags.get(reference);
  if (tag?.attributes.readEnabled === false) throw disallowed(tag.name);
  const manifest = repository.manifests.get(tag?.digest ?? reference);
  if (manifest?.attributes.readEnabled === false) throw disallowed(manifest.digest);
}

function checkUnlocked(name: string, { attributes }: RepositoryRecord | ManifestRecord | TagRecord): void {
  if (!attributes.deleteEnabled || !attributes.writeEnabled) throw disallowed(name);
}
