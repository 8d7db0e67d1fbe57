import type { SyncResult } from "@tranship/copy";

/** What a report is about, and what came of it. */
export interface Report {
  /** `sync`, `apply`, `copy`. */
  readonly command: string;
  /** What it was told to do: the mirror file, the plan, the source. */
  readonly of: string;
  /** Of a run that was ended before its end too: its `error` says so. */
  readonly result: SyncResult;
}
