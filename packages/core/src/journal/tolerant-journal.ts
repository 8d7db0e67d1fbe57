import type { Digest } from "../digest/digest.ts";
import type { BlobCounts, BlobJournal, BlobPlace, MountPair } from "./blob-journal.ts";
import { Fallback } from "./fallback.ts";
import type { Journal } from "./journal.ts";
import type { Lease, LeaseJournal, LeaseTerm } from "./lease-journal.ts";
import type { MirrorTarget, OwnedTag, OwnershipJournal } from "./ownership-journal.ts";
import type { FactValue, HostFact, ProfileJournal } from "./profile-journal.ts";
import type { PendingRepair, RepairJournal } from "./repair-journal.ts";
import type { Rewrite, SeenTag, TagCounts, TagJournal, TagPlace } from "./tag-journal.ts";
import type {
  AbandonedUpload,
  OpenUpload,
  UploadFilter,
  UploadJournal,
  UploadKey,
  UploadSummary,
} from "./upload-journal.ts";

/** What a journal that never fails takes. */
export interface TolerantJournalOptions {
  /** Told once, with what the journal threw: from then on memory is used. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * A journal that never fails: it is opened when it is first asked for something, and where that, or anything later, fails, memory takes its place for the
 * rest of the run. So a full disk or a state folder that can't be written to costs what is remembered, and no copy. Only `repairs.begun` rejects where it
 * cannot be recorded: what is deleted after it could not be finished by a later process.
 */
export function tolerantJournal(open: () => Promise<Journal>, options: TolerantJournalOptions = {}): Journal {
  const { onFailure = () => undefined } = options;
  const fallback = new Fallback(open, onFailure);
  return {
    uploads: new TolerantUploads(fallback),
    blobs: new TolerantBlobs(fallback),
    profiles: new TolerantProfiles(fallback),
    tags: new TolerantTags(fallback),
    ownership: new TolerantOwnership(fallback),
    repairs: new TolerantRepairs(fallback),
    leases: new TolerantLeases(fallback),
    close: () => fallback.close(),
  };
}

class TolerantUploads implements UploadJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  claim(key: UploadKey): Promise<OpenUpload | undefined> {
    return this.#journal.ask(({ uploads }) => uploads.claim(key));
  }

  opened(key: UploadKey, upload: OpenUpload): Promise<void> {
    return this.#journal.ask(({ uploads }) => uploads.opened(key, upload));
  }

  advanced(key: UploadKey, upload: OpenUpload): Promise<void> {
    return this.#journal.ask(({ uploads }) => uploads.advanced(key, upload));
  }

  released(key: UploadKey): Promise<void> {
    return this.#journal.ask(({ uploads }) => uploads.released(key));
  }

  ended(key: UploadKey): Promise<void> {
    return this.#journal.ask(({ uploads }) => uploads.ended(key));
  }

  abandoned(filter?: UploadFilter): AsyncIterable<AbandonedUpload> {
    return this.#journal.list(({ uploads }) => uploads.abandoned(filter));
  }

  list(): AsyncIterable<UploadSummary> {
    return this.#journal.list(({ uploads }) => uploads.list());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ uploads }) => uploads.clear());
  }
}

class TolerantBlobs implements BlobJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  seen(place: BlobPlace, digest: Digest): Promise<void> {
    return this.#journal.ask(({ blobs }) => blobs.seen(place, digest));
  }

  missing(place: BlobPlace, digest: Digest): Promise<void> {
    return this.#journal.ask(({ blobs }) => blobs.missing(place, digest));
  }

  repositories(host: string, access: string, digest: Digest): Promise<readonly string[]> {
    return this.#journal.ask(({ blobs }) => blobs.repositories(host, access, digest));
  }

  mountRefused(pair: MountPair): Promise<void> {
    return this.#journal.ask(({ blobs }) => blobs.mountRefused(pair));
  }

  refusesMount(pair: MountPair): Promise<boolean> {
    return this.#journal.ask(({ blobs }) => blobs.refusesMount(pair));
  }

  counts(): Promise<BlobCounts> {
    return this.#journal.ask(({ blobs }) => blobs.counts());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ blobs }) => blobs.clear());
  }
}

class TolerantProfiles implements ProfileJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  facts(host: string): Promise<readonly HostFact[]> {
    return this.#journal.ask(({ profiles }) => profiles.facts(host));
  }

  learned(host: string, name: string, value: FactValue, options: { readonly keepMs: number }): Promise<void> {
    return this.#journal.ask(({ profiles }) => profiles.learned(host, name, value, options));
  }

  set(host: string, name: string, value: FactValue): Promise<void> {
    return this.#journal.ask(({ profiles }) => profiles.set(host, name, value));
  }

  forget(host: string, name?: string): Promise<number> {
    return this.#journal.ask(({ profiles }) => profiles.forget(host, name));
  }

  hosts(): AsyncIterable<string> {
    return this.#journal.list(({ profiles }) => profiles.hosts());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ profiles }) => profiles.clear());
  }
}

class TolerantTags implements TagJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  seen(place: TagPlace, digest: Digest): Promise<void> {
    return this.#journal.ask(({ tags }) => tags.seen(place, digest));
  }

  last(place: TagPlace): Promise<SeenTag | undefined> {
    return this.#journal.ask(({ tags }) => tags.last(place));
  }

  rewrote(rewrite: Rewrite, result: Digest): Promise<void> {
    return this.#journal.ask(({ tags }) => tags.rewrote(rewrite, result));
  }

  result(rewrite: Rewrite): Promise<Digest | undefined> {
    return this.#journal.ask(({ tags }) => tags.result(rewrite));
  }

  built(digest: Digest, time: number): Promise<void> {
    return this.#journal.ask(({ tags }) => tags.built(digest, time));
  }

  buildTime(digest: Digest): Promise<number | undefined> {
    return this.#journal.ask(({ tags }) => tags.buildTime(digest));
  }

  counts(): Promise<TagCounts> {
    return this.#journal.ask(({ tags }) => tags.counts());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ tags }) => tags.clear());
  }
}

class TolerantOwnership implements OwnershipJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  record(place: MirrorTarget, owned: Pick<OwnedTag, "tag" | "digest" | "because">): Promise<void> {
    return this.#journal.ask(({ ownership }) => ownership.record(place, owned));
  }

  find(place: MirrorTarget, tag: string): Promise<OwnedTag | undefined> {
    return this.#journal.ask(({ ownership }) => ownership.find(place, tag));
  }

  list(place: MirrorTarget): AsyncIterable<OwnedTag> {
    return this.#journal.list(({ ownership }) => ownership.list(place));
  }

  drop(place: MirrorTarget, tag: string, digest: Digest): Promise<void> {
    return this.#journal.ask(({ ownership }) => ownership.drop(place, tag, digest));
  }

  count(): Promise<number> {
    return this.#journal.ask(({ ownership }) => ownership.count());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ ownership }) => ownership.clear());
  }
}

class TolerantRepairs implements RepairJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  begun(place: BlobPlace, blob: Pick<PendingRepair, "digest" | "size">): Promise<void> {
    return this.#journal.demand(({ repairs }) => repairs.begun(place, blob));
  }

  ended(place: BlobPlace, digest: Digest): Promise<void> {
    return this.#journal.ask(({ repairs }) => repairs.ended(place, digest));
  }

  pending(place: BlobPlace): Promise<readonly PendingRepair[]> {
    return this.#journal.ask(({ repairs }) => repairs.pending(place));
  }

  list(): AsyncIterable<PendingRepair> {
    return this.#journal.list(({ repairs }) => repairs.list());
  }

  clear(): Promise<number> {
    return this.#journal.ask(({ repairs }) => repairs.clear());
  }
}

/** Memory holds no lease of another process: where the journal fails, nobody waits for one. */
class TolerantLeases implements LeaseJournal {
  readonly #journal: Fallback;

  constructor(journal: Fallback) {
    this.#journal = journal;
  }

  acquire(name: string, term: LeaseTerm): Promise<Lease | undefined> {
    return this.#journal.ask(({ leases }) => leases.acquire(name, term));
  }

  renew(lease: Lease, term: LeaseTerm): Promise<Lease | undefined> {
    return this.#journal.ask(({ leases }) => leases.renew(lease, term));
  }

  release(lease: Lease): Promise<void> {
    return this.#journal.ask(({ leases }) => leases.release(lease));
  }

  held(): Promise<readonly Lease[]> {
    return this.#journal.ask(({ leases }) => leases.held());
  }
}
