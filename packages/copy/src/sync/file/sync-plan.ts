import type { Digest } from "@tranship/core";
import type { Amount } from "../../copy/result.ts";
import type { FailureRecord } from "../../events/failure-record.ts";
import type { RequestCount } from "../../events/request-count.ts";
import type { MissingPlatforms } from "../../run/platform-choice.ts";

/** The version of the plan's format; another one is refused. */
export const SYNC_PLAN_VERSION = 1;

/**
 * What is done with a target's tag.
 * - copy: its content is brought, and the tag put.
 * - retag: the repository has the content, under another tag; only the tag is put.
 * - skip: nothing.
 * - delete: the tag goes.
 */
export type SyncAction = (typeof SYNC_ACTIONS)[number];

/** All of them. */
export const SYNC_ACTIONS = ["copy", "retag", "skip", "delete"] as const;

/**
 * Why.
 * - missing: the target has no such tag. moved: it stands for something else. referrers: it is right, and what refers to it is looked at.
 * - incomplete: it is right, and something is missing below it: a platform of a sparse index that was not chosen before.
 * - unchanged: both sides have the same. immutable: the target has it, and such a tag never moves.
 * - gone: the source has it no more. unselected: the source has it, and the selection does not choose it any more. follows: it is made of the digest of something
 *   that no tag which stays leads to.
 */
export type SyncReason = (typeof SYNC_REASONS)[number];

/** All of them. */
export const SYNC_REASONS = [
  "missing",
  "moved",
  "referrers",
  "incomplete",
  "unchanged",
  "immutable",
  "gone",
  "unselected",
  "follows",
] as const;

/**
 * What a copy brings, in counts and bytes. `copy` and `mount` are upper bounds: whether a registry has a blob is found out by the very request that would
 * begin its upload, and not before.
 */
export interface PlannedContent {
  readonly manifests: Amount;
  /** Blobs that are fetched from the source and sent. */
  readonly copy: Amount;
  /** Blobs that another repository of the target's registry holds, or will hold by then. */
  readonly mount: Amount;
  /** Blobs that another image of this plan brings into the same repository, and foreign layers. */
  readonly skip: Amount;
}

/**
 * Why a tag counts as the mirror's own: it was written by the mirror, or found equal to its source;
 * or it only fits the mirror's selection (`pattern`).
 */
export interface TagOwnership {
  readonly because: (typeof OWNERSHIP_REASONS)[number];
  /**
   * When it was first recorded with the digest that it points to: ISO 8601, UTC. Absent for
   * `pattern`.
   */
  readonly since?: string | undefined;
}

/** All reasons. */
export const OWNERSHIP_REASONS = ["written", "equal", "pattern"] as const;

/** One tag at one target. */
export interface PlannedImage {
  readonly mirror: string;
  /** Repository and tag of the source. */
  readonly from: string;
  readonly tag: string;
  /** Repository and tag of the target. */
  readonly to: string;
  readonly targetTag: string;
  readonly action: SyncAction;
  readonly reason: SyncReason;
  /** What the source's tag stands for; it is absent where it did not have to be known. This is what is copied, whatever becomes of the tag. */
  readonly source?: Digest | undefined;
  /** What the target's tag will stand for: another digest than the source's where platforms are chosen. Absent where that is known only when it is read. */
  readonly root?: Digest | undefined;
  /** What the target's tag stood for, null where there was none; absent where it did not have to be known. */
  readonly there?: Digest | null | undefined;
  /** `linux/amd64`, …; absent: all. */
  readonly platforms?: readonly string[] | undefined;
  /** `skip`: an image may lack some of the platforms, and those that it has are copied; absent: it fails. */
  readonly missingPlatforms?: MissingPlatforms | undefined;
  /** Platforms that it lacks, as far as it was read. */
  readonly lacking?: readonly string[] | undefined;
  /** The index is kept as it is, and only these platforms of it are copied. */
  readonly sparse?: boolean | undefined;
  readonly referrers?: boolean | undefined;
  /** Of a deletion: why the tag is the mirror's own. */
  readonly own?: TagOwnership | undefined;
  /** Absent where the source's manifests were not read, and for what needs no content. */
  readonly content?: PlannedContent | undefined;
}

/** What a plan costs at one host. Bytes are those of blobs and manifests. */
export interface HostCost {
  /**
   * Requests that `apply` takes, as far as they can be told before. Not among them: those for tokens, those that find out how an unknown host takes uploads and referrers, the chunks of big
   * blobs, what is below images that were not read, and what is read where tags can't be deleted alone. `sync`, which looks at nothing twice, takes fewer.
   */
  readonly requests: number;
  /** Bytes read from it, at most. */
  readonly read: number;
  /** Bytes written to it, at most. */
  readonly written: number;
  /** Manifest GETs, where the host counts them against a quota (Docker Hub). */
  readonly pulls?: number | undefined;
}

/** What could not be planned. */
export interface Unresolved {
  readonly mirror: string;
  readonly from: string;
  /** Absent where the whole repository could not be looked at. */
  readonly tag?: string | undefined;
  /** Absent where it is the source that failed. */
  readonly to?: string | undefined;
  readonly error: FailureRecord;
}

/** A plan, as it is written to a file: JSON. Bytes, digests, no secrets. */
export interface SyncPlan {
  readonly version: typeof SYNC_PLAN_VERSION;
  readonly kind: "plan";
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /**
   * The name under which the tags that it writes are recorded as its mirrors' own. Absent: nothing
   * is recorded.
   */
  readonly owner?: string | undefined;
  readonly images: readonly PlannedImage[];
  /** By host. Where the content of some image was not read, the figures leave it out. */
  readonly hosts: Readonly<Record<string, HostCost>>;
  /** Target repositories that are not there. Most registries make them at the first push. */
  readonly create: readonly string[];
  readonly unresolved: readonly Unresolved[];
  readonly notices: readonly string[];
  /** What planning itself took. */
  readonly requests: RequestCount;
}
