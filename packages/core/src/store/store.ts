import type { CallOptions } from "../call/call-options.ts";
import type { Descriptor } from "../content/descriptor.ts";
import type { Digest } from "../digest/digest.ts";
import type { HashedContent } from "../digest/hash-content.ts";
import type { SeenTag } from "../journal/tag-journal.ts";

export type { CallOptions, RequestKind, RequestRecord } from "../call/call-options.ts";

/** Opens content at a byte offset; called again for every retry or resume. Each call gives a stream of its own. */
export type Open = (offset: number, signal?: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

/** A small document with its descriptor: bytes and digest belong together and were checked. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Where a store is: lets the engine see that two stores share a registry and its blobs can be mounted. */
export interface RepositoryPlace {
  /** `host` or `host:port`, as requests use it (`registry-1.docker.io` for docker.io). */
  readonly host: string;
  /** `library/alpine`. */
  readonly repository: string;
  /** Who asks, by identity: stores with the same host and access see the same repositories, so one may mount from the other. */
  readonly access: object;
}

/** A tag, and what a list says of it. */
export interface ListedTag {
  readonly name: string;
  /** What it stands for, where the store lists digests. */
  readonly digest?: Digest | undefined;
  /** When it was last put, where the store lists times. */
  readonly time?: Date | undefined;
  /** Whether it is locked against deletion, where the store lists that. */
  readonly locked?: boolean | undefined;
}

/** What content can be read from. One store is one repository, one directory, one set in memory. */
export interface Source {
  /** What messages call it: `registry.example/app`, `oci:/tmp/images`. */
  readonly name: string;
  /** The repository of a registry, where it is one. */
  readonly place?: RepositoryPlace | undefined;
  /** Whether its content is on this machine, so that nothing of it is kept to spare reading it again. Default: no. */
  readonly isLocal?: boolean | undefined;
  /**
   * The descriptor of a tag or digest. For a registry 1 HEAD (end-3), and 1 GET where HEAD is refused.
   * @throws {StoreError} MANIFEST_UNKNOWN where there is none.
   */
  resolve(reference: string, options?: CallOptions): Promise<Descriptor>;
  /**
   * The manifest of a tag or digest in one request (GET, end-3), its digest computed from the bytes and checked where one was promised.
   * @throws {StoreError} MANIFEST_UNKNOWN, MANIFEST_TOO_LARGE, DIGEST_MISMATCH.
   */
  open(reference: string, options?: CallOptions): Promise<Content>;
  /**
   * The bytes of a blob or manifest from `offset`. The consumer owns the chunks, and verifies them.
   * A registry goes on after a broken connection by itself; offset = size sends no request.
   * @throws {StoreError} BLOB_UNKNOWN, MANIFEST_UNKNOWN.
   */
  fetch(
    descriptor: Descriptor,
    options?: CallOptions & { readonly offset?: number },
  ): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Bytes of a blob whose descriptor does not state them (`UNKNOWN_SIZE`). A store without it cannot tell.
   * @throws {StoreError} BLOB_UNKNOWN.
   */
  sizeOf?(descriptor: Descriptor, options?: CallOptions): Promise<number>;
  /** The manifests whose subject is `subject`, each once. */
  referrers?(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<Descriptor>;
  /** Every tag, in the store's order; digest tags (`sha256-…`) too. */
  tags?(options?: CallOptions): AsyncIterable<string>;
  /** As `tags`, each name as it is written, where a store keeps others than tags: a layout may have `docker.io/library/alpine:3.20`. `resolve` understands each. */
  names?(options?: CallOptions): AsyncIterable<string>;
  /** As `tags`, with digests and times where the store's lists have them: a store whose lists never do leaves this out. */
  listedTags?(options?: CallOptions): AsyncIterable<ListedTag>;
  /** What the tag stood for when it was last seen by `sawTag`, and when that was; undefined where that is not remembered. It asks nobody: it is a memory, not an answer. */
  lastSeen?(tag: string, options?: CallOptions): Promise<SeenTag | undefined>;
  /** Remembers that the tag stands for the digest, now: for `lastSeen`, in later runs too. Without a journal nothing is remembered. */
  sawTag?(tag: string, digest: Digest, options?: CallOptions): Promise<void>;
}

export interface ReferrersOptions extends CallOptions {
  /** Only these. Default: all. */
  readonly artifactType?: string | undefined;
  /** All tags of the repository, where they were just listed: a referrers tag that is not among them is not asked for. */
  readonly tags?: Pick<ReadonlySet<string>, "has"> | undefined;
  /** Whether the API is requested although it was missing a moment ago; whoever compares or deletes needs that. Default: a 404 of the repository is believed for 10 minutes. */
  readonly askAlways?: boolean | undefined;
}

/** How the descriptor of a reference is found. */
export interface ResolveOptions extends CallOptions {
  /**
   * Whether the 404 of a HEAD is enough to say that the reference is missing. Default: no, a GET decides, since some registries refuse
   * HEAD with any status. Yes is for a target, where a reference that is missed is only written again.
   */
  readonly headProvesAbsence?: boolean | undefined;
}

export interface PushOptions extends CallOptions {
  /** For a manifest: the tag to put it under at once. Without it a manifest is put under its digest. */
  readonly reference?: string | undefined;
  /** For an index: not all that it names is there, nor comes. A store that takes it all the same remembers that, for `holdsSparse`. */
  readonly sparse?: boolean | undefined;
  /** For a blob: repositories of the same registry that are known to hold it, best first. */
  readonly mountFrom?: readonly string[] | undefined;
  /**
   * For a blob: its bytes are sent whatever the registry says of it, without a mount and without a look whether it exists. For one that the
   * registry claimed to have and that a manifest was refused for. Default: no.
   */
  readonly anew?: boolean | undefined;
  /** For a blob: the same content, kept on disk as far as it was read. A target that may have to read a big one again asks it in the place of `open`. */
  readonly spooled?: Open | undefined;
  /**
   * For a manifest with a subject: told of the referrers tag that the push put, where the registry
   * has no referrers API.
   */
  readonly onReferrersTag?: ((tag: string, digest: Digest) => void) | undefined;
}

/** `existed`: nothing was sent. `mounted`: the registry linked it from another repository. `pushed`: its bytes were sent. */
export type PushOutcome = "existed" | "mounted" | "pushed";

/** Brings content to this machine, whole and verified, and gives how it is read from there. Called at most once, and only where it is needed. */
export type Hold = (signal?: AbortSignal) => Promise<Open>;

/** How a blob is replaced. */
export interface ReplaceOptions extends CallOptions {
  /** The digest of the wrong bytes, where they were read before: where others are found now, nothing is deleted. */
  readonly wrong?: Digest | undefined;
  /** Told when the wrong bytes were deleted. */
  readonly onDeleted?: (() => void) | undefined;
}

/** What a lease is asked for with. */
export interface LeaseOptions {
  /** As for the push. */
  readonly mountFrom?: readonly string[] | undefined;
  /** For `leaseFreed`: the longest wait, in ms. Default: no limit. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The right to send a blob, among the processes that share a journal. It is renewed while bytes
 * move.
 */
export interface BlobLease {
  /**
   * Bytes went out. @param isAll Whether the blob ends with them, so that only its commit is waited
   * for.
   */
  moved(isAll: boolean): void;
  /** Ends it; called twice it does nothing. */
  release(): void;
}

/** How a tag is removed. */
export interface UntagOptions extends CallOptions {
  /** Whether a registry that deletes manifests only may delete the tag's, where nothing else goes with it: to find that out takes many requests. Default: yes. */
  readonly byDigest?: boolean | undefined;
  /** Whether other tags that are listed and have no manifest matter not, where it is deleted by digest. Default: they refuse it. */
  readonly ignoreBrokenTags?: boolean | undefined;
}

/** What content can be written to. */
export interface Target {
  readonly name: string;
  readonly place?: RepositoryPlace | undefined;
  /**
   * Whether the content is there. For a registry 1 HEAD (end-2, end-3).
   * @throws {RegistryError} SIZE_MISMATCH where it states another length of a blob: a suspicion, which `readBack` confirms or not.
   */
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>;
  /**
   * What the store has under the digest: reads the whole of it, whatever its length, and hashes it. The descriptor's
   * size is not used to judge it. For a registry 1 GET.
   * @throws {StoreError} BLOB_UNKNOWN, MANIFEST_UNKNOWN where there is nothing.
   */
  readBack?(descriptor: Descriptor, options?: CallOptions): Promise<HashedContent>;
  /** The descriptor of a tag or digest. For a registry 1 HEAD (end-3), and 1 GET where HEAD is refused. @throws {StoreError} MANIFEST_UNKNOWN. */
  resolve(reference: string, options?: ResolveOptions): Promise<Descriptor>;
  /**
   * Stores the content of `descriptor`, read from `open`, unless it is there. Size and digest are verified before the content becomes visible.
   * Whether a manifest's children are there is the caller's business.
   * @throws {StoreError} DIGEST_MISMATCH, SIZE_MISMATCH, or what the store refused (MANIFEST_BLOB_UNKNOWN, DENIED, …).
   */
  push(descriptor: Descriptor, open: Open, options?: PushOptions): Promise<PushOutcome>;
  /**
   * Acquires the right to send a blob, so that one of several processes that need it there sends it.
   * "held" where another transfer has it: then `leaseFreed` tells when to ask again. A push without
   * a lease is as correct; it may send what another process sends at the same time.
   * No request. A target that remembers nothing leaves both out.
   */
  lease?(blob: Descriptor, options?: LeaseOptions): Promise<BlobLease | "held">;
  /**
   * Resolves when the lease of a blob may be free: it was released, or its process stands still or
   * has ended; or when `waitMs` have passed. No request. @throws the signal's reason.
   */
  leaseFreed?(blob: Descriptor, options?: LeaseOptions): Promise<void>;
  /** Points `reference`, a tag, at a manifest that is there. */
  tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void>;
  /**
   * Whether a registry is known to have taken an index with `sparse`, so that an index that is there proves nothing of what it names. It sends no request.
   * Default: no. A store without a `place` is not asked: nothing that it has proves that it has what belongs to it.
   */
  holdsSparse?(options?: CallOptions): Promise<boolean>;
  /** Removes a manifest (with every tag that points at it) or a blob. */
  delete?(descriptor: Descriptor, options?: CallOptions): Promise<void>;
  /**
   * Stores a blob in the place of wrong bytes that the store has under its digest. A registry that takes no upload of what it has
   * must delete the blob first: `hold` is called before, and what it gives must stay readable until this settles.
   * For a registry, which must be able to delete blobs: 1 GET, and where that shows other bytes 1 DELETE, those of the upload, 1 GET;
   * where a journal is given, it is recorded in it before the DELETE, for `pendingReplacements` of a later process.
   * @returns `existed` where the right bytes are there: nothing was deleted.
   * @throws {StoreError} UNSUPPORTED where the store keeps the wrong bytes whatever is done, or does not delete blobs;
   * DIGEST_MISMATCH where other bytes are found than `options.wrong`, so that nothing is deleted; STORAGE where it cannot be recorded.
   */
  replace?(descriptor: Descriptor, hold: Hold, options?: ReplaceOptions): Promise<PushOutcome>;
  /** Blobs whose replacement was begun, by this process or one that ended before its end: `replace` finishes it. No request. */
  pendingReplacements?(options?: CallOptions): Promise<readonly Descriptor[]>;
  /** Removes one tag and nothing else. @throws {StoreError} MANIFEST_UNKNOWN; UNSUPPORTED where that can't be done without removing other tags; LOCKED. */
  untag?(reference: string, options?: UntagOptions): Promise<void>;
}

/** What can be read and written. */
export type Store = Source & Target;

/** A store and the name in it. */
export interface Located<S extends Source | Target = Store> {
  readonly store: S;
  /** A tag or a digest. */
  readonly reference: string;
}
