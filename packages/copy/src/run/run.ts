import type { CallOptions, ContentKey, Descriptor, Digest, Journal, Source, Target } from "@tranship/core";
import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import type { PersistentSpool } from "../spool/persistent-spool.ts";
import { BlobHolders } from "./blob-holders.ts";
import { ImageDeadline } from "./image-deadline.ts";
import { Rewrites } from "./rewrites.ts";
import { RouteSlots } from "./route-slots.ts";
import { type Shared, SharedWork } from "./shared-work.ts";
import { TrafficMeter } from "./traffic.ts";

export type { Shared } from "./shared-work.ts";

/** What a registry's store reads whole before it sends it. */
const SMALL_BLOB_BYTES = 64 * 1024;
const MANIFEST_CACHE_BYTES = 32 * 1024 * 1024;

/** The limits of a run. */
export interface RunOptions {
  /** Small requests (HEADs, manifests, tags) in flight at each registry. Default 32. */
  readonly concurrency?: number | undefined;
  /** Big blobs in flight from one registry to another; small ones are small requests. Default 8, and never more than `concurrency`. */
  readonly blobs?: number | undefined;
  /**
   * How long one image may take, in ms: to plan it, and to copy it. One that takes longer fails with DEADLINE, and the rest goes on.
   * Default: as long as it takes, since a time that suits all sizes and lines does not exist, and each transfer has a lowest rate.
   */
  readonly imageDeadlineMs?: number | undefined;
  /** Where big blobs are kept for registries that can't resume inside a blob. Default: nowhere. */
  readonly spool?: PersistentSpool | undefined;
  /**
   * Where it is remembered what choices of platforms made of indexes, and which tags mirrors own.
   * Default: nowhere.
   */
  readonly journal?: (Pick<Journal, "tags"> & Partial<Pick<Journal, "ownership">>) | undefined;
}

/** Content at a target: a digest may be sent as a blob and as a manifest, which are two things to a registry. */
export type WorkKey = ContentKey;

/**
 * What the copies of one process share: limits, work in flight (one promise per target and digest), manifests that were read, and
 * which repositories of a registry are known to hold a blob.
 */
export class CopyRun {
  /** Manifests that were read and verified: at most 32 MiB of them. */
  readonly manifests: LRUCache<Digest, Uint8Array> = new LRUCache({
    maxSize: MANIFEST_CACHE_BYTES,
    sizeCalculation: (bytes: Uint8Array): number => Math.max(1, bytes.length),
  });
  readonly spool: PersistentSpool | undefined;
  /** @internal */
  readonly deadline: ImageDeadline;
  /** @internal */
  readonly rewrites: Rewrites;
  /** Targets whose unfinished repairs are finished, or were. @internal */
  readonly finishing: WeakMap<Target, Promise<unknown>> = new WeakMap();
  /** @internal */
  readonly ownership: Journal["ownership"] | undefined;
  /** Bytes that its copies have read and written. */
  readonly traffic: TrafficMeter = new TrafficMeter();
  readonly #concurrency: number;
  readonly #blobs: number;
  readonly #blobSlots = new WeakMap<object, LimitFunction>();
  readonly #routes: RouteSlots;
  readonly #requestSlots = new WeakMap<object, LimitFunction>();
  readonly #work = new WeakMap<Target, SharedWork<WorkKey>>();
  readonly #whole = new WeakMap<Target, SharedWork<Digest>>();
  readonly #holders = new BlobHolders();
  readonly #distrusted = new WeakMap<Target, Set<Digest>>();
  readonly #said = new Set<string>();
  readonly #manifestReads = new SharedWork<Digest>({ remember: false });

  constructor(options: RunOptions = {}) {
    const { concurrency = 32, blobs = 8, spool, journal, imageDeadlineMs } = options;
    this.deadline = new ImageDeadline(imageDeadlineMs);
    this.spool = spool;
    this.rewrites = new Rewrites(journal?.tags);
    this.ownership = journal?.ownership;
    this.#concurrency = atLeastOne("concurrency", concurrency);
    this.#blobs = Math.min(atLeastOne("blobs", blobs), concurrency);
    this.#routes = new RouteSlots({ big: this.#blobs, small: concurrency });
  }

  /** The bytes of a manifest: those that were read before, or that somebody is reading now, else what `read` gives. */
  async manifest(digest: Digest, read: () => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.manifests.get(digest);
    if (known !== undefined) return known;
    const task = async (): Promise<Uint8Array> => {
      const bytes = await read();
      this.manifests.set(digest, bytes);
      return bytes;
    };
    return (await this.#manifestReads.once(digest, task, signal)).value;
  }

  /** Slots for small requests to a store, and small blobs; they never wait behind big ones. Each registry has slots of its own, whichever of its repositories is asked. */
  requestSlots(store: Pick<Source, "place">): LimitFunction {
    const key = registryOf(store);
    const slots = this.#requestSlots.get(key) ?? pLimit(this.#concurrency);
    this.#requestSlots.set(key, slots);
    return slots;
  }

  /** Slots for big blobs that are read from a store; each registry has slots of its own. */
  blobSlots(store: Pick<Source, "place">): LimitFunction {
    const key = registryOf(store);
    const slots = this.#blobSlots.get(key) ?? pLimit(this.#blobs);
    this.#blobSlots.set(key, slots);
    return slots;
  }

  /** Where a blob that is read gets its slot: one that is read whole is as quick as a manifest. */
  slotsOf(store: Pick<Source, "place">, { size }: Descriptor): LimitFunction {
    return size > SMALL_BLOB_BYTES ? this.blobSlots(store) : this.requestSlots(store);
  }

  /**
   * Pushes a blob in a slot. The pushes from one registry to another have slots of their own: a
   * registry that is slow, or that wants no requests for now, holds no push between others up.
   */
  inPushSlot<T>(
    from: Pick<Source, "place">,
    to: Pick<Source, "place">,
    { size }: Descriptor,
    push: () => Promise<T>,
  ): Promise<T> {
    const route = this.#routes.of(registryOf(from), registryOf(to), size > SMALL_BLOB_BYTES ? "big" : "small");
    return route(push);
  }

  /**
   * Lends the slot of a small call while it waits for its host, to as many others as there are
   * slots.
   */
  lending(slots: LimitFunction): NonNullable<CallOptions["whileWaiting"]> {
    return lending(slots, 2 * this.#concurrency);
  }

  /**
   * Does the work for a target and digest once, however many ask. Who waited for somebody whose work failed or was aborted does it
   * again, under its own signal: one image's failure is not another's.
   */
  once<T>(target: Target, key: WorkKey, task: () => Promise<T>, signal: AbortSignal): Promise<Shared<T>> {
    return this.#workOf(target).once(key, task, signal);
  }

  /** Whether a message is said for the first time in the run. */
  isNew(message: string): boolean {
    if (this.#said.has(message)) return false;
    this.#said.add(message);
    return true;
  }

  /** Forgets that the content was seen at the target: the target said that it is missing. */
  forget(target: Target, key: WorkKey): void {
    this.#work.get(target)?.forget(key);
    // Whatever names it is not whole any more.
    this.#whole.delete(target);
  }

  /** Whether this run knows that a registry has a manifest and all that it names: it has put them, or looked for them. */
  knowsWhole(target: Target, digest: Digest): boolean {
    return this.#wholeAt(target).hasDone(digest);
  }

  /** Whether a registry has all that its manifest names, as `look` finds: once for all who ask at the same time, and remembered where it has. */
  async isWhole(target: Target, digest: Digest, look: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    const looks = this.#wholeAt(target);
    const { value } = await looks.once(digest, look, signal);
    if (!value) looks.forget(digest);
    return value;
  }

  /** Remembers that the store's repository holds the blob; it may be mounted from there as long as the run lasts. */
  holds(store: Source | Target, digest: Digest): void {
    this.#holders.add(store.place, digest);
  }

  /** Repositories of the target's registry, other than its own, that hold the blob and that the target's credentials may read. */
  holders(target: Target, digest: Digest): readonly string[] {
    return this.#holders.at(target.place, digest);
  }

  /**
   * The target claimed that the content is there, and it was not: what was seen of it is forgotten, once, so that it is sent again by
   * whichever copy comes first, and a blob is mounted from nowhere any more.
   */
  distrust(target: Target, digest: Digest): void {
    if (this.distrusts(target, digest)) return;
    const distrusted = this.#distrusted.get(target) ?? new Set();
    this.#distrusted.set(target, distrusted.add(digest));
    this.forget(target, `blob ${digest}`);
    this.forget(target, `manifest ${digest}`);
    this.#holders.distrust(target.place, digest);
  }

  /** Whether the target's claim to have the blob is no longer believed. */
  distrusts(target: Target, digest: Digest): boolean {
    return this.#distrusted.get(target)?.has(digest) === true;
  }

  /** Sends a blob to a target, after the one that is being sent to another repository of its registry: then it can be mounted from there. */
  lead<T>(target: Target, digest: Digest, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#holders.lead(target.place, digest, send, signal);
  }

  #wholeAt(target: Target): SharedWork<Digest> {
    const whole = this.#whole.get(target) ?? new SharedWork<Digest>();
    this.#whole.set(target, whole);
    return whole;
  }

  /** What was brought to a directory can be lost, and to look at it costs nothing: only at registries it is remembered. */
  #workOf(target: Target): SharedWork<WorkKey> {
    const work = this.#work.get(target) ?? new SharedWork<WorkKey>({ remember: target.place !== undefined });
    this.#work.set(target, work);
    return work;
  }
}

/**
 * For a call in a slot: while it waits for a host, its slot is another's, so that what goes to
 * other hosts goes on.
 * @param most No slot is lent where there are so many already. Default: no limit.
 */
export function lending(slots: LimitFunction, most: number = Infinity): NonNullable<CallOptions["whileWaiting"]> {
  return async (wait) => {
    if (slots.concurrency >= most) return wait();
    slots.concurrency += 1;
    try {
      await wait();
    } finally {
      slots.concurrency -= 1;
    }
  };
}

/** What the stores of one registry have in common. */
function registryOf(store: Pick<Source, "place">): object {
  return store.place?.access ?? store;
}

function atLeastOne(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`Bad ${name} ${value}: expected a whole number from 1`);
  return value;
}
