import type { JournalLimits } from "../journal-limits.ts";
import type {
  AbandonedUpload,
  OpenUpload,
  UploadFilter,
  UploadJournal,
  UploadKey,
  UploadSummary,
} from "../upload-journal.ts";

/** One session; the last one that changed is the last in the set. */
interface Session {
  readonly key: UploadKey;
  upload: OpenUpload;
  readonly opened: number;
  changed: number;
  owner: MemoryUploads | undefined;
}

/** What the owners of one memory share. */
export interface UploadTable {
  readonly sessions: Set<Session>;
  readonly limits: Pick<JournalLimits, "uploads" | "uploadMs">;
  readonly now: () => number;
}

/** Sessions in memory, as one of its owners sees them. */
export class MemoryUploads implements UploadJournal {
  readonly #table: UploadTable;

  constructor(table: UploadTable) {
    this.#table = table;
  }

  async claim(key: UploadKey): Promise<OpenUpload | undefined> {
    if (this.#own(key) !== undefined) return undefined;
    const { now, limits } = this.#table;
    let best: Session | undefined;
    for (const session of this.#table.sessions) {
      if (session.owner !== undefined || !sameKey(session.key, key)) continue;
      if (now() - session.changed > limits.uploadMs) continue;
      // Of those that got equally far, the newest.
      if (best === undefined || session.upload.confirmed >= best.upload.confirmed) best = session;
    }
    if (best === undefined) return undefined;
    best.owner = this;
    return best.upload;
  }

  async opened(key: UploadKey, upload: OpenUpload): Promise<void> {
    const own = this.#own(key);
    if (own !== undefined) this.#table.sessions.delete(own);
    const time = this.#table.now();
    this.#put({ key: copyOf(key), upload: { ...upload }, opened: time, changed: time, owner: this });
  }

  async advanced(key: UploadKey, upload: OpenUpload): Promise<void> {
    const own = this.#own(key);
    if (own === undefined) return this.opened(key, upload);
    own.upload = { ...upload };
    own.changed = this.#table.now();
    this.#table.sessions.delete(own);
    this.#put(own);
  }

  async released(key: UploadKey): Promise<void> {
    const own = this.#own(key);
    if (own !== undefined) own.owner = undefined;
  }

  async ended(key: UploadKey): Promise<void> {
    const own = this.#own(key);
    if (own !== undefined) this.#table.sessions.delete(own);
  }

  async *abandoned(filter: UploadFilter = {}): AsyncGenerator<AbandonedUpload, void, void> {
    for (const session of [...this.#table.sessions]) {
      if (!this.#table.sessions.has(session) || session.owner !== undefined) continue;
      if (this.#own(session.key) !== undefined || !this.#matches(session, filter)) continue;
      session.owner = this;
      try {
        yield { key: session.key, upload: session.upload };
      } finally {
        if (session.owner === this) session.owner = undefined;
      }
    }
  }

  async *list(): AsyncGenerator<UploadSummary, void, void> {
    for (const { key, upload, opened, changed, owner } of [...this.#table.sessions].reverse()) {
      const { size, confirmed } = upload;
      yield { ...key, size, confirmed, opened, changed, owned: owner !== undefined };
    }
  }

  async clear(): Promise<number> {
    const free = [...this.#table.sessions].filter(({ owner }) => owner === undefined);
    for (const session of free) this.#table.sessions.delete(session);
    return free.length;
  }

  /** Gives back everything that is ours. */
  releaseAll(): void {
    for (const session of this.#table.sessions) if (session.owner === this) session.owner = undefined;
  }

  #own(key: UploadKey): Session | undefined {
    return [...this.#table.sessions].find((session) => session.owner === this && sameKey(session.key, key));
  }

  #put(session: Session): void {
    this.#table.sessions.add(session);
    for (const oldest of this.#table.sessions) {
      if (this.#table.sessions.size <= this.#table.limits.uploads) return;
      this.#table.sessions.delete(oldest);
    }
  }

  #matches({ key, upload, changed }: Session, filter: UploadFilter): boolean {
    const { host, access, digest, sizeUpTo = Number.POSITIVE_INFINITY, unchangedForMs = 0 } = filter;
    if (upload.size > sizeUpTo) return false;
    if (host !== undefined && host !== key.host) return false;
    if (access !== undefined && access !== key.access) return false;
    if (digest !== undefined && digest !== key.digest) return false;
    return this.#table.now() - changed >= unchangedForMs;
  }
}

function copyOf({ host, access, repository, digest }: UploadKey): UploadKey {
  return { host, access, repository, digest };
}

function sameKey(a: UploadKey, b: UploadKey): boolean {
  return a.digest === b.digest && a.repository === b.repository && a.host === b.host && a.access === b.access;
}
