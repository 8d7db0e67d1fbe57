import type { Journal } from "../journal.ts";
import { DEFAULT_JOURNAL_LIMITS, type JournalOptions } from "../journal-limits.ts";
import { prepareStateFolder, unusableFolder } from "../state/state-folder.ts";
import type { OnSetAside } from "./open-connection.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

export type { OnSetAside } from "./open-connection.ts";

/** What the journal of a state folder takes. */
export interface OpenJournalOptions extends JournalOptions {
  /** Told of a journal that was damaged, or not ours, or a newer version's: it is kept as `aside`, and a new one is begun. */
  readonly onSetAside?: OnSetAside | undefined;
}

/**
 * Opens the journal in a state folder, and makes both where they are missing. Any number of processes may have it open, also in containers that share the
 * folder; the folder must not be on a network file system. It is safe against a kill at any instant.
 * Memory: 2 MB of SQLite's cache. The caller closes it.
 * @throws {StoreError} STORAGE where the folder can't be used: no permission, read-only, full, a file.
 */
export async function openJournal(folder: string, options: OpenJournalOptions = {}): Promise<Journal> {
  const { limits, now = Date.now, onSetAside = () => undefined } = options;
  const state = await prepareStateFolder(folder);
  try {
    return await SqliteJournal.open(state, { limits: { ...DEFAULT_JOURNAL_LIMITS, ...limits }, now, onSetAside });
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}
