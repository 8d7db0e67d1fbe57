import { openJournal, PersistentSpool, stateFolderAt } from "@tranship/copy";
import { type Journal, tolerantJournal } from "@tranship/core";
import { readingInput } from "../errors/usage-error.ts";
import { printWarning } from "../terminal/warning.ts";
import { type RunStateFlags, statePath } from "./state-path.ts";

/** What a command remembers of its run, and knows of earlier ones: opened when it is first asked; declare it with `await using`. */
export interface RunState extends AsyncDisposable {
  /** Undefined with `--no-state`. */
  readonly journal: Journal | undefined;
  /** Undefined with `--no-state` and `--spool-limit 0`. */
  readonly spool: PersistentSpool | undefined;
}

/** The journal of a command that copies: where the folder can't be used, that is said once and the run goes on without. @throws {UsageError} for an empty `--state`. */
export function openRunState(flags: RunStateFlags): RunState {
  const path = statePath(flags);
  if (path === undefined) return { journal: undefined, spool: undefined, [Symbol.asyncDispose]: async () => undefined };
  const journal = tolerantJournal(() => open(path), {
    onFailure: (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      printWarning(`${reason}; nothing is remembered of this run (--state names another folder, --no-state none)`);
    },
  });
  const { spoolLimit: limit } = flags;
  const { spool: folder } = stateFolderAt(path);
  const spool = limit === 0 ? undefined : new PersistentSpool(folder, { limit, onNotice: printWarning });
  return { journal, spool, [Symbol.asyncDispose]: () => journal.close() };
}

/** The journal of a command that is about it. @throws {UsageError} where the folder can't be used. */
export function openStateJournal(path: string): Promise<Journal> {
  return readingInput(() => open(path));
}

function open(path: string): Promise<Journal> {
  return openJournal(path, {
    onSetAside: ({ path: file, aside, why }) =>
      printWarning(`The journal "${file}" ${REASONS[why]}: it is kept as "${aside}", and a new one is begun`),
  });
}

const REASONS = {
  damaged: "is damaged",
  foreign: "is not tranship's",
  newer: "was written by a newer version",
} as const;
