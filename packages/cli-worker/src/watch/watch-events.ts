import type { SyncResult } from "@tranship/copy";

/** How a run went: its result, or what ended it. */
export type RunEnd = { readonly startedAt: Date; readonly endedAt: Date } & (
  | { readonly result: SyncResult }
  | { readonly error: unknown }
);

/** What happens in a watch. */
export type WatchEvent =
  | { readonly type: "started"; readonly startedAt: Date }
  | ({ readonly type: "ended" } & RunEnd)
  /** A run was due while the one that began at `running` went on. */
  | { readonly type: "skipped"; readonly due: Date; readonly running: Date }
  /** When the next one is due. */
  | { readonly type: "waiting"; readonly next: Date }
  /** The file has changed, and is in force. */
  | { readonly type: "reloaded"; readonly file: string; readonly mirrors: number }
  /** The file is what it was before it was broken. */
  | { readonly type: "mended" }
  /** The file has changed, and can't be used: what was read at `loadedAt` stays in force. */
  | { readonly type: "broken"; readonly error: unknown; readonly loadedAt: Date };

export type OnWatchEvent = (event: WatchEvent) => void;
