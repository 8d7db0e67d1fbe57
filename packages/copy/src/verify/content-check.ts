import {
  type CallOptions,
  checkContent,
  childrenOf,
  type Descriptor,
  type Digest,
  isForeign,
  isIndexMediaType,
  isManifestMediaType,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type ReferrersOptions,
  readVerified,
  type Source,
  type Store,
  StoreError,
} from "@tranship/core";
import type { LimitFunction } from "p-limit";
import { asCopyError } from "../errors.ts";
import { Reader } from "../reader.ts";
import { Tally } from "../result.ts";
import { type CopyRun, lending } from "../run.ts";
import { type Difference, differenceOf } from "./difference.ts";

const MISSING: ReadonlySet<string> = new Set(["MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_UNKNOWN"]);
const CORRUPT: ReadonlySet<string> = new Set(["DIGEST_MISMATCH", "SIZE_MISMATCH", "MANIFEST_INVALID"]);
const NONE: readonly Difference[] = [];

export interface ContentCheckOptions {
  readonly run: CopyRun;
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Whether blobs are read and hashed. Manifests are, always. */
  readonly deep: boolean;
  /** Whether the referrers of each manifest are compared too. */
  readonly referrers: boolean;
  /** All tags of the source, where they were just listed: they tell which manifests have referrers, where there is no API for them. */
  readonly sourceTags?: ReferrersOptions["tags"];
}

/** How much was looked at. */
export interface Checked {
  readonly manifests: Tally;
  readonly blobs: Tally;
}

/**
 * Looks whether a target has what is below a manifest. The target's own manifests are read, so that the source is asked for nothing but referrers.
 * Each digest is looked at once, however many images hold it. Memory: about 250 bytes a digest.
 */
export class ContentCheck {
  readonly checked: Checked = { manifests: new Tally(), blobs: new Tally() };
  /** Those that are there. */
  readonly manifests: Set<Digest> = new Set();
  readonly #reader: Reader;
  readonly #target: Store;
  readonly #options: ContentCheckOptions;
  /** By digest, what lacks at and below it; digests hold no circles. */
  readonly #below = new Map<Digest, Promise<readonly Difference[]>>();

  constructor(source: Source, target: Store, options: ContentCheckOptions) {
    this.#reader = new Reader(source, options.run, { ...options.call, tags: options.sourceTags, askAlways: true });
    this.#target = target;
    this.#options = options;
  }

  /**
   * What lacks or is wrong at the content and below it.
   * Requests to the target: 1 GET for each manifest, 1 HEAD (`deep`: 1 GET) for each blob; with `referrers` 1 list a side for each manifest, less where the tags say it.
   * @throws {CopyError} where that can't be found out. An abort rejects with `signal.reason`.
   */
  below(descriptor: Descriptor): Promise<readonly Difference[]> {
    const known = this.#below.get(descriptor.digest);
    if (known !== undefined) return known;
    const looking = isManifestMediaType(descriptor.mediaType) ? this.#manifest(descriptor) : this.#blob(descriptor);
    this.#below.set(descriptor.digest, looking);
    return looking;
  }

  /** The same for an index that was cut down to platforms: what refers to the whole one is not about it. */
  belowCutDown(descriptor: Descriptor): Promise<readonly Difference[]> {
    return this.#manifest(descriptor, { isCutDown: true });
  }

  /** The same for a sparse index: of what it names, and the indexes below it name, only `kept` is looked at. */
  belowSparse(descriptor: Descriptor, kept: ReadonlySet<Digest>): Promise<readonly Difference[]> {
    return this.#manifest(descriptor, { kept });
  }

  /** A referrer that the source lists: whether the target lists it too, and has it. */
  async referrer(subject: Digest, descriptor: Descriptor): Promise<readonly Difference[]> {
    return this.#referrer(await this.#listed({ mediaType: "", digest: subject, size: 0 }), subject, descriptor);
  }

  #referrer(
    listed: ReadonlySet<Digest>,
    subject: Digest,
    descriptor: Descriptor,
  ): Promise<readonly Difference[]> | readonly Difference[] {
    if (listed.has(descriptor.digest)) return this.below(descriptor);
    return [{ ...differenceOf("referrer", "missing", descriptor), subject }];
  }

  async #manifest(
    descriptor: Descriptor,
    { isCutDown = false, kept }: { readonly isCutDown?: boolean; readonly kept?: ReadonlySet<Digest> } = {},
  ): Promise<readonly Difference[]> {
    const children = await this.#childrenAt(descriptor);
    if (typeof children === "string") return [differenceOf("manifest", children, descriptor)];
    this.checked.manifests.add(descriptor);
    this.manifests.add(descriptor.digest);
    const about = this.#options.referrers && !isCutDown ? this.#referrers(descriptor) : undefined;
    const wanted = kept === undefined ? children : children.filter(({ digest }) => kept.has(digest));
    const below = (child: Descriptor): Promise<readonly Difference[]> =>
      kept !== undefined && isIndexMediaType(child.mediaType) ? this.belowSparse(child, kept) : this.below(child);
    return joined(await all([...wanted.map(below), ...(about === undefined ? [] : [about])]));
  }

  async #childrenAt(descriptor: Descriptor): Promise<readonly Descriptor[] | "missing" | "corrupt"> {
    const { run } = this.#options;
    return this.#looking(descriptor, async () => {
      if (descriptor.size > MAX_MANIFEST_BYTES) throw tooLarge(descriptor, this.#target.name);
      const bytes = await this.#inSlot(run.requestSlots(this.#target), async (call) =>
        readVerified(await this.#target.fetch(descriptor, call), descriptor),
      );
      return childrenOf(parseManifest(bytes, descriptor.mediaType)).filter((child) => !isForeign(child));
    });
  }

  async #blob(descriptor: Descriptor): Promise<readonly Difference[]> {
    const { run, deep } = this.#options;
    const state = await this.#looking(descriptor, async () => {
      if (!deep) return this.#inSlot(run.requestSlots(this.#target), (call) => this.#target.has(descriptor, call));
      await this.#inSlot(run.slotsOf(this.#target, descriptor), async (call) =>
        checkContent(await this.#target.fetch(descriptor, call), descriptor),
      );
      return true;
    });
    if (state === false) return [differenceOf("blob", "missing", descriptor)];
    if (state !== true) return [differenceOf("blob", state, descriptor)];
    this.checked.blobs.add(descriptor);
    return NONE;
  }

  async #referrers(subject: Descriptor): Promise<readonly Difference[]> {
    const wanted = await this.#reader.referrers(subject);
    if (wanted.length === 0) return NONE;
    const listed = await this.#listed(subject);
    return joined(await all(wanted.map(async (referrer) => this.#referrer(listed, subject.digest, referrer))));
  }

  async #listed(subject: Descriptor): Promise<ReadonlySet<Digest>> {
    const { run } = this.#options;
    const { name, referrers } = this.#target;
    if (referrers === undefined) return new Set();
    try {
      const list = await this.#inSlot(run.requestSlots(this.#target), (call) =>
        Array.fromAsync(referrers.call(this.#target, subject, { ...call, askAlways: true })),
      );
      return new Set(list.map(({ digest }) => digest));
    } catch (cause) {
      const init = { side: "target", operation: "referrers", store: name, descriptor: subject, cause } as const;
      throw asCopyError(init, this.#options.call.signal);
    }
  }

  /** What a look finds, or that the content is missing or wrong. */
  async #looking<T>(descriptor: Descriptor, look: () => Promise<T>): Promise<T | "missing" | "corrupt"> {
    const { signal } = this.#options.call;
    try {
      return await look();
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof StoreError && MISSING.has(cause.code)) return "missing";
      if (cause instanceof StoreError && CORRUPT.has(cause.code)) return "corrupt";
      throw asCopyError({ side: "target", operation: "fetch", store: this.#target.name, descriptor, cause }, signal);
    }
  }

  /** A call of the target in one of these slots. */
  #inSlot<T>(slots: LimitFunction, task: (call: CallOptions) => Promise<T>): Promise<T> {
    const { call } = this.#options;
    return slots(() => {
      call.signal.throwIfAborted();
      return task({ ...call, whileWaiting: lending(slots) });
    });
  }
}

function joined(lists: readonly (readonly Difference[])[]): readonly Difference[] {
  const found = lists.filter((list) => list.length > 0);
  if (found.length === 0) return NONE;
  // What several of the children hold is said once.
  return [...new Map(found.flat().map((each) => [`${each.kind} ${each.digest} ${each.subject}`, each])).values()];
}

function tooLarge({ digest, size }: Descriptor, store: string): StoreError {
  const detail = `${size} bytes, and a manifest has at most ${MAX_MANIFEST_BYTES}`;
  return new StoreError("MANIFEST_TOO_LARGE", `Cannot read manifest "${digest}" of "${store}": ${detail}`);
}

/** Waits for all, and then throws what failed first: nothing of it runs on. */
async function all<T>(tasks: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(tasks);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
