import type { RegistryFlags, TrafficFlags } from "../arguments/options.ts";
import type { BrokenTagsFlags } from "../results/broken-tags.ts";
import type { RunStateFlags } from "../state/state-path.ts";

/** What the commands take that may delete at targets. */
export interface PruneMirrorFlags extends BrokenTagsFlags {
  /** Tags that a mirror may delete, in the place of what the file says. */
  readonly maxDelete?: number | undefined;
  readonly allowShrunken?: boolean | undefined;
}

/** What the commands that read a mirror file take. */
export interface MirrorFlags extends RegistryFlags, TrafficFlags, RunStateFlags, PruneMirrorFlags {
  readonly file: string;
  /** How old the journal's memory of a source's tag may be to be believed, in ms. */
  readonly trustJournal?: number | undefined;
}

/** What the commands that carry out plans take. */
export interface RunFlags extends RegistryFlags, TrafficFlags, RunStateFlags {
  /** Blobs in flight. */
  readonly blobs?: number | undefined;
  /** Images in flight. */
  readonly jobs?: number | undefined;
  /** How long an image may take, in ms. */
  readonly imageDeadline?: number | undefined;
  readonly failFast?: boolean | undefined;
  /** Files that a report is written to. */
  readonly report?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}
