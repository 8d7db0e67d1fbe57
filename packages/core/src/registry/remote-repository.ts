import type { Digest } from "../digest/digest.ts";
import type { RegistryTransport, Scope } from "../http/request.ts";
import type { RepairJournal } from "../journal/repair-journal.ts";
import type { ListLimits } from "./lists/list-limits.ts";
import type { ManifestCache } from "./manifests/manifest-cache.ts";
import type { HostProfile } from "./profile/host-profile.ts";
import type { KnownBlobs } from "./profile/known-blobs.ts";
import type { KnownTags } from "./profile/known-tags.ts";
import type { RetryDefaults } from "./transport/retries.ts";
import type { RegistryLeases } from "./upload/registry-leases.ts";
import type { UploadSettings } from "./upload-settings.ts";

/** A registry as the protocol's steps take it. */
export interface RemoteRegistry {
  readonly client: RegistryTransport;
  /** When what broke in the middle is tried again; the client does the same for what got no answer. */
  readonly retry: RetryDefaults;
  /** How much of its lists is read. */
  readonly lists?: ListLimits | undefined;
  /** What this registry was seen to do, shared by all its repositories. */
  readonly profile: HostProfile;
}

/** One of its repositories. The name was validated, so it is safe in a path. */
export interface RemoteRepository extends RemoteRegistry {
  /** `library/alpine`. */
  readonly name: string;
  /** Which of its repositories hold a blob. */
  readonly blobs: KnownBlobs;
  /** What its tags were seen to stand for. */
  readonly tags: KnownTags;
  readonly uploads: UploadSettings;
  /** Where the replacement of blobs is recorded; undefined where nothing outlives this process. */
  readonly repairs: RepairJournal | undefined;
  /** By which processes that share a journal do a piece of work once. */
  readonly leases: RegistryLeases;
  /** A fingerprint of who asks, where anything outlives this process: what one role has seen is not used by another. */
  readonly access: (signal: AbortSignal | undefined) => Promise<string>;
  readonly manifests: ManifestCache;
}

/** What messages call it: `r.example/app`. */
export function labelOf(repository: RemoteRepository): string {
  return `${repository.client.host}/${repository.name}`;
}

/** end-2, end-10. */
export function blobPath(repository: RemoteRepository, digest: Digest): string {
  return `/v2/${repository.name}/blobs/${digest}`;
}

/** end-3, end-7, end-9: a tag or a digest. */
export function manifestPath(repository: RemoteRepository, reference: string): string {
  return `/v2/${repository.name}/manifests/${reference}`;
}

export function pullScope(repository: string): Scope {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): Scope {
  return `repository:${repository}:pull,push`;
}

export function deleteScope(repository: string): Scope {
  return `repository:${repository}:delete`;
}
