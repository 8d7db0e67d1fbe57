import type { Digest } from "../digest/digest.ts";

/** What goes where, as whom. */
export interface UploadKey {
  /** `host` or `host:port`, as requests use it. */
  readonly host: string;
  /** A fingerprint of who asks, never a secret: what one role may see is not used by another. */
  readonly access: string;
  readonly repository: string;
  readonly digest: Digest;
}

/** A session that is open at a registry. */
export interface OpenUpload {
  /** Bytes of the whole blob. */
  readonly size: number;
  /** The newest Location, whole: a capability, which shows in no message, log, plan or report. */
  readonly location: string;
  /** Bytes that the registry has confirmed. */
  readonly confirmed: number;
}

/** A session that nobody works on. */
export interface AbandonedUpload {
  readonly key: UploadKey;
  readonly upload: OpenUpload;
}

/** What may be shown of a session: all but its Location. */
export interface UploadSummary extends UploadKey {
  readonly size: number;
  readonly confirmed: number;
  /** When it was opened, and when it last changed. */
  readonly opened: number;
  readonly changed: number;
  /** Whether a living process works on it. */
  readonly owned: boolean;
}

/** Which sessions: all of them, or those of one host as one role, for one blob, small ones, or those that did not change for so long. */
export interface UploadFilter {
  readonly host?: string | undefined;
  readonly access?: string | undefined;
  readonly digest?: Digest | undefined;
  /** The most bytes of the whole blob. */
  readonly sizeUpTo?: number | undefined;
  /** In ms. */
  readonly unchangedForMs?: number | undefined;
}

/**
 * Sessions that are open. Each belongs to at most one living process, the one that opened or claimed it; a process that dies owns nothing more, at once.
 * A process has at most one session for a key, so that the key alone names it; another process may have its own.
 */
export interface UploadJournal {
  /** Takes over the session for a key that got furthest, of those that nobody works on. Undefined where there is none, or where we have one already. */
  claim(key: UploadKey): Promise<OpenUpload | undefined>;
  /** Records a session that we have opened, and now own. */
  opened(key: UploadKey, upload: OpenUpload): Promise<void>;
  /** The newest Location, and how far the registry says that it got, of the session that we own. */
  advanced(key: UploadKey, upload: OpenUpload): Promise<void>;
  /** Gives our session back, to be resumed by whoever comes. Does nothing where we have none. */
  released(key: UploadKey): Promise<void>;
  /** Our session was committed or cancelled: nothing is kept of it. Does nothing where we have none. */
  ended(key: UploadKey): Promise<void>;
  /**
   * Claims, one after the other, what nobody works on: to cancel it, and to say so by `ended`. What is still ours when the next one is asked for is given back.
   * A session that is over the age up to which it is resumed is given here only.
   */
  abandoned(filter?: UploadFilter): AsyncIterable<AbandonedUpload>;
  /** Every session, of all processes, newest first. */
  list(): AsyncIterable<UploadSummary>;
  /** Forgets what nobody works on, and leaves it open at the registries. Gives how many. */
  clear(): Promise<number>;
}
