/** What is to be kept, and what may go. One of `keep` and `olderThanMs` at least is there. */
export interface PruneRules {
  /** So many of the newest images stay. Default 0. */
  readonly keep?: number | undefined;
  /** Only what is older goes. */
  readonly olderThanMs?: number | undefined;
  /** Which tags are considered; an image with another tag stays. Default: all. */
  readonly isConsidered?: ((tag: string) => boolean) | undefined;
  /** Whether manifests go that have no tag and belong to nothing. */
  readonly untagged: boolean;
  /** Whether what is locked is unlocked to be deleted. */
  readonly unlock: boolean;
  /** When it is, in ms since 1970. */
  readonly nowMs: number;
}
