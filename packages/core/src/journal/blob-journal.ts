import type { Digest } from "../digest/digest.ts";

/** A repository, as whom. */
export interface BlobPlace {
  /** `host` or `host:port`, as requests use it. */
  readonly host: string;
  /** A fingerprint of who asks, never a secret: a mount never names a repository that only the other role may read. */
  readonly access: string;
  readonly repository: string;
}

/** A mount from one repository of a registry into another. */
export interface MountPair {
  readonly host: string;
  readonly access: string;
  readonly from: string;
  readonly into: string;
}

/** How many entries there are. */
export interface BlobCounts {
  readonly blobs: number;
  readonly refusedMounts: number;
}

/** The most repositories that are told for one blob. */
export const MOUNT_CANDIDATES = 8;

/** Where blobs were seen: candidates for mounts, and for the order of work. It never stands for a check: a registry collects its garbage without telling. */
export interface BlobJournal {
  /** The blob is in the repository, now. */
  seen(place: BlobPlace, digest: Digest): Promise<void>;
  /** It is not there, whatever was seen. */
  missing(place: BlobPlace, digest: Digest): Promise<void>;
  /** The repositories of a host in which a role has seen the blob: lately seen first, at most MOUNT_CANDIDATES. */
  repositories(host: string, access: string, digest: Digest): Promise<readonly string[]>;
  /** The registry refused to mount from one repository into the other; remembered for a week. */
  mountRefused(pair: MountPair): Promise<void>;
  /** Whether that mount was refused, not too long ago. */
  refusesMount(pair: MountPair): Promise<boolean>;
  /** How much is remembered. */
  counts(): Promise<BlobCounts>;
  /** Forgets everything. Gives how many entries there were. */
  clear(): Promise<number>;
}
