import type { Digest, Located, Platform, ReferrersOptions, Source, Target } from "@tranship/core";
import type { OnEvent } from "../events/events.ts";
import type { OnCopyExchange } from "../events/request-count.ts";
import type { MissingPlatforms } from "../run/platform-choice.ts";
import type { CopyRun } from "../run/run.ts";
import type { TargetFeed } from "../spool/fan-out.ts";

/** Where a copy is from: a store and the name in it. */
export interface Origin extends Located<Source> {
  /** All tags of the store, where they were just listed: a referrers tag that is not among them is not asked for. */
  readonly tags?: ReferrersOptions["tags"];
}

/** Where a copy goes: a store and the name in it. */
export interface Destination {
  readonly store: Target;
  /** A tag; or a digest, which then must be the source's; or nothing: by digest alone. */
  readonly reference?: string | undefined;
  /**
   * What a list of tags says of the reference. True: it is not there, and is not asked for. False: it is there, so that the source's is needed in any case, and both are asked for at the
   * same time. Default: no list was read.
   */
  readonly missing?: boolean | undefined;
  /** What the reference stands for, where that is known: it is not asked for, unless it must be kept. */
  readonly there?: Digest | undefined;
}

/** What is copied, and how. */
export interface CopyOptions {
  /** Only these. One: its manifest alone is copied. Several: the index is cut down to them, which changes its digest. Default: all, untouched. */
  readonly platforms?: readonly Platform[] | undefined;
  /** With `platforms`: whether an image that lacks some of them fails, or those that it has are copied. Default: it fails. */
  readonly missingPlatforms?: MissingPlatforms | undefined;
  /**
   * With `platforms`: the index is kept as it is, so that its digest and its signatures stay good, and points to content that is not there. Most registries refuse that. Default: no.
   * At a target that has the index already the chosen platforms are looked for, with 1 HEAD each.
   */
  readonly sparse?: boolean | undefined;
  /** Signatures, SBOMs and whatever else names the image or its manifests as its subject. One listing more for each manifest. Default: no. */
  readonly referrers?: boolean | undefined;
  /** Whether a tag that the target has may be moved. Default: yes. */
  readonly clobber?: boolean | undefined;
  /** What the copy must come to, where that was planned: another root is refused before anything is sent. Default: whatever it comes to. */
  readonly root?: Digest | undefined;
  /** Shares work in flight, what is known and the limits with other copies. Default: a run of its own. */
  readonly run?: CopyRun | undefined;
  /** This target is one of several that get the same source: what they read is fetched once. Default: it reads by itself. */
  readonly feed?: TargetFeed | undefined;
  /**
   * Told of each referrers tag (`sha256-…`) that the copy put, where the target's registry has no
   * referrers API.
   */
  readonly onReferrersTag?: ((tag: string, digest: Digest) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
  /** Told of each HTTP request, also of a copy that fails and has no result. */
  readonly onExchange?: OnCopyExchange | undefined;
}
