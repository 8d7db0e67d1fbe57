import {
  childrenOf,
  contentKey,
  type Descriptor,
  type Digest,
  isForeign,
  isIndexMediaType,
  isManifestMediaType,
  type Manifest,
  parseManifest,
  type ReferrersOptions,
  type Source,
  type Store,
} from "@tranship/core";
import { Tally } from "../copy/result.ts";
import { WalkLimits } from "../copy/walk-limits.ts";
import { asCopyError } from "../events/errors.ts";
import { type Difference, differenceOf } from "../repair/difference.ts";
import { Reader } from "../run/reader.ts";
import { TargetLook, type TargetLookOptions } from "./target-look.ts";

const NONE: readonly Difference[] = [];

export interface ContentCheckOptions extends TargetLookOptions {
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
  readonly #look: TargetLook;
  readonly #options: ContentCheckOptions;
  /**
   * By digest, what is missing at and below it; digests hold no circles. The same digest as a blob and as a manifest is other content, and of another size it is
   * another difference.
   */
  readonly #below = new Map<string, Promise<readonly Difference[]>>();

  constructor(source: Source, target: Store, options: ContentCheckOptions) {
    this.#reader = new Reader(source, options.run, { ...options.call, tags: options.sourceTags, askAlways: true });
    this.#target = target;
    this.#look = new TargetLook(target, options);
    this.#options = options;
  }

  /**
   * What lacks or is wrong at the content and below it.
   * Requests to the target: 1 GET for each manifest, 1 HEAD (`deep`: 1 GET) for each blob; with `referrers` 1 list a side for each manifest, less where the tags say it.
   * @throws {CopyError} where that can't be found out. An abort rejects with `signal.reason`.
   */
  below(descriptor: Descriptor, depth: number = 0): Promise<readonly Difference[]> {
    return this.#once(`${contentKey(descriptor)} ${descriptor.size}`, () =>
      isManifestMediaType(descriptor.mediaType) ? this.#manifest(descriptor, { depth }) : this.#blob(descriptor),
    );
  }

  /** The same for an index that was cut down to platforms: what refers to the whole one is not about it. */
  belowCutDown(descriptor: Descriptor): Promise<readonly Difference[]> {
    return this.#manifest(descriptor, { depth: 0, isCutDown: true });
  }

  /** The same for a sparse index: of what it names, and the indexes below it name, only `kept` is looked at. */
  belowSparse(descriptor: Descriptor, kept: ReadonlySet<Digest>, depth: number = 0): Promise<readonly Difference[]> {
    return this.#once(`sparse ${descriptor.digest} ${[...kept].toSorted().join(" ")}`, () =>
      this.#manifest(descriptor, { depth, kept }),
    );
  }

  #once(key: string, look: () => Promise<readonly Difference[]>): Promise<readonly Difference[]> {
    const looking = this.#below.get(key) ?? look();
    this.#below.set(key, looking);
    return looking;
  }

  /** A referrer that the source lists: whether the target lists it too, and has it. */
  async referrer(subject: Digest, descriptor: Descriptor): Promise<readonly Difference[]> {
    return this.#referrer(await this.#listed({ mediaType: "", digest: subject, size: 0 }), subject, descriptor, 0);
  }

  #referrer(
    listed: ReadonlySet<Digest>,
    subject: Digest,
    descriptor: Descriptor,
    depth: number,
  ): Promise<readonly Difference[]> | readonly Difference[] {
    if (listed.has(descriptor.digest)) return this.below(descriptor, depth);
    return [{ ...differenceOf("referrer", { problem: "missing" }, descriptor), subject }];
  }

  async #manifest(
    descriptor: Descriptor,
    {
      depth,
      isCutDown = false,
      kept,
    }: { readonly depth: number; readonly isCutDown?: boolean; readonly kept?: ReadonlySet<Digest> },
  ): Promise<readonly Difference[]> {
    const bytes = await this.#look.manifest(descriptor);
    if (!(bytes instanceof Uint8Array)) return [differenceOf("manifest", bytes, descriptor)];
    const children = await this.#childrenIn(bytes, descriptor);
    this.checked.manifests.add(descriptor);
    this.manifests.add(descriptor.digest);
    new WalkLimits(descriptor.digest).enter(descriptor, depth, children.length);
    const about = this.#options.referrers && !isCutDown ? this.#referrers(descriptor, depth + 1) : undefined;
    const wanted = kept === undefined ? children : children.filter(({ digest }) => kept.has(digest));
    const below = (child: Descriptor): Promise<readonly Difference[]> =>
      kept !== undefined && isIndexMediaType(child.mediaType)
        ? this.belowSparse(child, kept, depth + 1)
        : this.below(child, depth + 1);
    return joined(await all([...wanted.map(below), ...(about === undefined ? [] : [about])]));
  }

  /** @throws {CopyError} for a document that is no manifest, though its bytes are those of its digest. */
  async #childrenIn(bytes: Uint8Array, descriptor: Descriptor): Promise<readonly Descriptor[]> {
    const manifest = await this.#reader.learned(this.#parsed(bytes, descriptor));
    return childrenOf(manifest).filter((child) => !isForeign(child));
  }

  #parsed(bytes: Uint8Array, descriptor: Descriptor): Manifest {
    try {
      return parseManifest(bytes, descriptor.mediaType);
    } catch (cause) {
      throw this.#look.failure(descriptor, cause);
    }
  }

  async #blob(descriptor: Descriptor): Promise<readonly Difference[]> {
    const fault = await this.#look.blob(descriptor);
    if (fault !== undefined) return [differenceOf("blob", fault, descriptor)];
    this.checked.blobs.add(descriptor);
    return NONE;
  }

  async #referrers(subject: Descriptor, depth: number): Promise<readonly Difference[]> {
    const wanted = await this.#reader.referrers(subject);
    if (wanted.length === 0) return NONE;
    const listed = await this.#listed(subject);
    return joined(await all(wanted.map(async (referrer) => this.#referrer(listed, subject.digest, referrer, depth))));
  }

  async #listed(subject: Descriptor): Promise<ReadonlySet<Digest>> {
    const { run } = this.#options;
    const { name, referrers } = this.#target;
    if (referrers === undefined) return new Set();
    try {
      const list = await this.#look.inSlot(run.requestSlots(this.#target), (call) =>
        Array.fromAsync(referrers.call(this.#target, subject, { ...call, askAlways: true })),
      );
      return new Set(list.map(({ digest }) => digest));
    } catch (cause) {
      const init = { side: "target", operation: "referrers", store: name, descriptor: subject, cause } as const;
      throw asCopyError(init, this.#options.call.signal);
    }
  }
}

function joined(lists: readonly (readonly Difference[])[]): readonly Difference[] {
  const found = lists.filter((list) => list.length > 0);
  if (found.length === 0) return NONE;
  // What several of the children hold is said once.
  return [...new Map(found.flat().map((each) => [`${each.kind} ${each.digest} ${each.subject}`, each])).values()];
}

/** Waits for all, and then throws what failed first: nothing of it runs on. */
async function all<T>(tasks: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(tasks);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
