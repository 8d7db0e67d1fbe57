const DAY_MS = 24 * 60 * 60 * 1000;

/** How much a journal keeps, and for how long (ms). Where there is more, what is oldest goes. */
export interface JournalLimits {
  /** Open uploads, of all hosts. Default 1000. */
  readonly uploads: number;
  /** Up to this age a session is resumed; an older one is only there to be cancelled. Default 6 days: distribution throws sessions away after 7. */
  readonly uploadMs: number;
  /** Blobs in repositories. Default 200 000, some 40 MB on disk. */
  readonly blobs: number;
  /** Default 90 days. */
  readonly blobMs: number;
  /** Pairs of repositories. Default 10 000. */
  readonly refusedMounts: number;
  /** Default 7 days. */
  readonly refusedMountMs: number;
  /** Facts about hosts; each says itself how long it is kept. Default 10 000. */
  readonly facts: number;
  /** Tags of sources. Default 200 000. */
  readonly tags: number;
  /** Default 90 days. */
  readonly tagMs: number;
  /** Indexes of which some platforms were chosen. Default 50 000. */
  readonly rewrites: number;
  /** Default 365 days. */
  readonly rewriteMs: number;
  /** Images whose time was read. Default 200 000. */
  readonly buildTimes: number;
  /** Default 365 days. */
  readonly buildTimeMs: number;
}

/** What a journal keeps where nobody says otherwise. */
export const DEFAULT_JOURNAL_LIMITS: JournalLimits = {
  uploads: 1000,
  uploadMs: 6 * DAY_MS,
  blobs: 200_000,
  blobMs: 90 * DAY_MS,
  refusedMounts: 10_000,
  refusedMountMs: 7 * DAY_MS,
  facts: 10_000,
  tags: 200_000,
  tagMs: 90 * DAY_MS,
  rewrites: 50_000,
  rewriteMs: 365 * DAY_MS,
  buildTimes: 200_000,
  buildTimeMs: 365 * DAY_MS,
};

/** What every journal is made with. */
export interface JournalOptions {
  readonly limits?: Partial<JournalLimits> | undefined;
  /** The clock, in ms since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}
