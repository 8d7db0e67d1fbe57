import {
  childrenOf,
  type Descriptor,
  type Digest,
  isForeign,
  isIndexMediaType,
  isManifestMediaType,
  type Manifest,
  parseManifest,
  StoreError,
  UNKNOWN_SIZE,
} from "@tranship/core";
import type { OpenManifest, Reader } from "../run/reader.ts";
import type { CopyRun } from "../run/run.ts";
import type { Writer } from "../run/writer.ts";
import type { Completeness, Presence } from "./completeness.ts";
import type { PlanAction } from "./plan.ts";
import { WalkLimits } from "./walk-limits.ts";

export interface WalkOptions {
  readonly run: CopyRun;
  readonly root: Descriptor;
  /** The tag that the root gets. */
  readonly reference: string | undefined;
  /** The root's bytes where the source does not have them. */
  readonly rewritten: Uint8Array | undefined;
  readonly referrers: boolean;
  /** Whether to ask the target for each manifest before reading what is below it. */
  readonly askForChildren: boolean;
  readonly completeness: Completeness;
  /** What the target has of the root. Of one that is whole only referrers are looked at. */
  readonly rootAt: Presence;
  /** Of the root's index, and of those below it, only these manifests are copied; the index itself is not changed. */
  readonly sparse: Sparse | undefined;
  /** Ends what else is read, as soon as one reading fails. */
  readonly fail: (error: unknown) => void;
}

/** What is copied of an index that is kept as it is. */
export interface Sparse {
  readonly kept: ReadonlySet<Digest>;
  /** `linux/amd64`, …: what was asked for. */
  readonly platforms: readonly string[];
}

/**
 * Walks the content below a manifest and yields what has to be done, children before parents, each digest once; referrers come after
 * their subject. Sibling manifests are read at the same time, within the run's slots.
 */
export function walk(reader: Reader, writer: Writer, options: WalkOptions): AsyncGenerator<PlanAction, void, void> {
  return new Walk(reader, writer, options).root();
}

class Walk {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #options: WalkOptions;
  readonly #manifests = new Set<Digest>();
  readonly #blobs = new Set<Digest>();
  readonly #limits: WalkLimits;
  /** Foreign layers that were named. Another manifest may list the same content as a layer of its own, which is copied. */
  readonly #foreign = new Set<Digest>();

  constructor(reader: Reader, writer: Writer, options: WalkOptions) {
    this.#reader = reader;
    this.#writer = writer;
    this.#options = options;
    this.#limits = new WalkLimits(options.root.digest);
  }

  async *root(): AsyncGenerator<PlanAction, void, void> {
    const { root, reference, rootAt, sparse, completeness } = this.#options;
    // What is at a directory is read there; a registry is not asked for it where it is believed.
    const isRead = rootAt === "partial" || (rootAt === "whole" && this.#writer.target.place === undefined);
    const opened = this.#rewritten() ?? (await (isRead ? completeness.open(root) : this.#reader.openManifest(root)));
    if (rootAt === "missing") {
      const { rewritten } = this.#options;
      yield* this.#manifest(opened, { ancestors: [], depth: 0, reference, rewritten, sparse });
      return;
    }
    if (rootAt === "partial") yield* this.#partial(opened, { ancestors: [], depth: 0, sparse });
    else {
      this.#manifests.add(root.digest);
      yield { action: "skip", descriptor: root, reason: "exists" };
    }
    if (reference !== undefined) yield { action: "tag", descriptor: root, reference };
    if (this.#options.referrers) yield* this.#referrersBelow(opened, 0, sparse);
  }

  #rewritten(): OpenManifest | undefined {
    const { root, rewritten } = this.#options;
    if (rewritten === undefined) return undefined;
    return { descriptor: root, bytes: rewritten, manifest: parseManifest(rewritten, root.mediaType) };
  }

  async *#manifest(
    opened: OpenManifest,
    place: {
      readonly ancestors: readonly Digest[];
      /** Levels below the root; referrers count too. */
      readonly depth: number;
      readonly reference?: string | undefined;
      readonly rewritten?: Uint8Array | undefined;
      readonly sparse?: Sparse | undefined;
    },
  ): AsyncGenerator<PlanAction, void, void> {
    const { descriptor, manifest } = opened;
    // Of the root alone: what a layout says of it, which another layout may keep.
    const { annotations } = place.reference === undefined ? {} : descriptor;
    this.#manifests.add(descriptor.digest);
    const ancestors = [...place.ancestors, descriptor.digest];
    const children = keptOf(manifest, place.sparse);
    this.#limits.enter(descriptor, place.depth, children.length);
    const oddities = odditiesOf(opened);
    const below = { ancestors, depth: place.depth + 1, sparse: place.sparse };
    if (manifest.kind === "index") yield* this.#children(children, below);
    else for (const blob of children) yield* this.#blob(blob);
    yield {
      action: "put",
      descriptor: {
        mediaType: manifest.mediaType,
        digest: descriptor.digest,
        size: opened.bytes.length,
        ...(annotations === undefined ? {} : { annotations }),
      },
      children: neededOf(children),
      ...(oddities.length === 0 ? {} : { notices: oddities }),
      ...(place.reference === undefined ? {} : { reference: place.reference }),
      ...(place.rewritten === undefined ? {} : { bytes: Buffer.from(place.rewritten).toString("base64") }),
      ...(place.sparse === undefined || manifest.kind !== "index" ? {} : { sparse: place.sparse.platforms }),
    };
    // A cut-down index is not what its referrers signed.
    if (place.rewritten === undefined) yield* this.#referrers(descriptor, place.depth);
  }

  async *#children(
    children: readonly Descriptor[],
    { ancestors, depth, sparse }: Below,
  ): AsyncGenerator<PlanAction, void, void> {
    const itself = children.find(({ digest }) => ancestors.includes(digest));
    if (itself !== undefined) {
      throw new StoreError(
        "MANIFEST_INVALID",
        `Cannot copy index "${ancestors.at(-1)}": it contains itself, by "${itself.digest}"`,
      );
    }
    const entries = children.filter((entry) => !this.#isDone(entry));
    // All start now and are awaited in order; one that fails while an earlier one is walked is reported when its turn comes.
    const openings = entries.map((entry) => this.#openChild(entry, depth, sparse));
    for (const opening of openings) opening.catch(this.#options.fail);
    try {
      for (const [position, entry] of entries.entries()) {
        const opened = await openings[position];
        if (opened === undefined || this.#isDone(entry)) continue;
        if (opened === "blob") yield* this.#blob(entry);
        else if (opened === "there") yield* this.#there(entry, depth);
        else if ("partial" in opened) yield* this.#partial(opened.partial, { ancestors, depth, sparse });
        else yield* this.#manifest(opened, { ancestors, depth, sparse });
      }
    } finally {
      await Promise.allSettled(openings);
    }
  }

  #isDone({ mediaType, digest }: Descriptor): boolean {
    return isManifestMediaType(mediaType) && this.#manifests.has(digest);
  }

  /** An index may name content that is no manifest: it travels as a blob. */
  async #openChild(
    entry: Descriptor,
    depth: number,
    sparse: Sparse | undefined,
  ): Promise<OpenManifest | { readonly partial: OpenManifest } | "there" | "blob"> {
    if (!isManifestMediaType(entry.mediaType)) return "blob";
    const presence = this.#options.askForChildren ? await this.#presenceOf(entry, sparse) : "missing";
    if (presence === "whole") return "there";
    if (presence === "partial") return { partial: await this.#options.completeness.open(entry) };
    const opened = await this.#reader.openManifest(entry);
    // Counted as soon as it is read: many that are read at once must not fill the memory first.
    this.#limits.enter(entry, depth, childrenOf(opened.manifest).length);
    return opened;
  }

  /** Of a sparse index a part is all that there ever is. */
  async #presenceOf(entry: Descriptor, sparse: Sparse | undefined): Promise<Presence> {
    if (sparse === undefined || !isIndexMediaType(entry.mediaType)) return this.#options.completeness.find(entry);
    return (await this.#writer.has(entry)) ? "partial" : "missing";
  }

  async *#there(entry: Descriptor, depth: number): AsyncGenerator<PlanAction, void, void> {
    this.#manifests.add(entry.digest);
    yield { action: "skip", descriptor: entry, reason: "exists" };
    yield* this.#referrersOf(entry, depth, undefined);
  }

  /** A manifest that is there without all that it names: what of that is missing comes. */
  async *#partial(
    { descriptor, manifest }: OpenManifest,
    { ancestors, depth, sparse }: Below,
  ): AsyncGenerator<PlanAction, void, void> {
    this.#manifests.add(descriptor.digest);
    const children = keptOf(manifest, sparse);
    this.#limits.enter(descriptor, depth, children.length);
    const below = { ancestors: [...ancestors, descriptor.digest], depth: depth + 1, sparse };
    if (manifest.kind === "index") yield* this.#children(children, below);
    else {
      const { completeness } = this.#options;
      for (const blob of children) {
        if (isForeign(blob) || !(await completeness.has(blob))) yield* this.#blob(blob);
        else await this.#writer.discardKept(blob);
      }
    }
    yield { action: "skip", descriptor, reason: "exists", children: neededOf(children) };
    if (ancestors.length > 0) yield* this.#referrers(descriptor, depth);
  }

  async *#blob(blob: Descriptor): AsyncGenerator<PlanAction, void, void> {
    const named = isForeign(blob) ? this.#foreign : this.#blobs;
    if (named.has(blob.digest)) return;
    named.add(blob.digest);
    if (isForeign(blob)) {
      yield { action: "skip", descriptor: blob, reason: "foreign" };
      return;
    }
    const { run } = this.#options;
    run.holds(this.#reader.source, blob.digest);
    yield { action: "transfer", descriptor: blob, mountFrom: run.holders(this.#writer.target, blob.digest) };
  }

  /** The referrers of a manifest that is at the target, and of all manifests below it. */
  async *#referrersBelow(
    opened: OpenManifest,
    depth: number,
    sparse: Sparse | undefined,
  ): AsyncGenerator<PlanAction, void, void> {
    const { manifest } = opened;
    const children = manifest.kind === "index" ? keptOf(manifest, sparse) : [];
    this.#limits.enter(opened.descriptor, depth, children.length);
    for (const child of children) {
      if (!isManifestMediaType(child.mediaType) || this.#manifests.has(child.digest)) continue;
      this.#manifests.add(child.digest);
      yield* this.#referrersOf(child, depth + 1, sparse);
    }
    if (this.#options.rewritten === undefined || opened.descriptor.digest !== this.#options.root.digest) {
      yield* this.#referrers(opened.descriptor, depth);
    }
  }

  /** The same for what was not opened: an image has nothing below it that others refer to. */
  async *#referrersOf(
    entry: Descriptor,
    depth: number,
    sparse: Sparse | undefined,
  ): AsyncGenerator<PlanAction, void, void> {
    if (!this.#options.referrers) return;
    if (isIndexMediaType(entry.mediaType))
      yield* this.#referrersBelow(await this.#reader.openManifest(entry), depth, sparse);
    else yield* this.#referrers(entry, depth);
  }

  async *#referrers(subject: Descriptor, depth: number): AsyncGenerator<PlanAction, void, void> {
    if (!this.#options.referrers) return;
    const referrers = await this.#reader.referrers(subject);
    this.#limits.enter(subject, depth, referrers.length);
    const below = { ancestors: [], depth: depth + 1, sparse: undefined };
    for (const referrer of referrers) {
      if (this.#manifests.has(referrer.digest)) continue;
      const { completeness } = this.#options;
      const presence = await completeness.find(referrer);
      if (presence === "whole") yield* this.#there(referrer, depth + 1);
      else if (presence === "partial") yield* this.#partial(await completeness.open(referrer), below);
      else yield* this.#manifest(await this.#reader.openManifest(referrer), below);
    }
  }
}

/** Where a manifest stands that is below another one. */
interface Below {
  readonly ancestors: readonly Digest[];
  /** Levels below the root; referrers count too. */
  readonly depth: number;
  readonly sparse: Sparse | undefined;
}

/** What has to be at the target before the manifest that names it. */
function neededOf(children: readonly Descriptor[]): readonly Digest[] {
  return [...new Set(children.filter((child) => !isForeign(child)).map(({ digest }) => digest))];
}

/** What a manifest names, or of a sparse index what is copied of that. */
function keptOf(manifest: Manifest, sparse: Sparse | undefined): readonly Descriptor[] {
  const children = childrenOf(manifest);
  if (sparse === undefined || manifest.kind !== "index") return children;
  return children.filter(({ digest }) => sparse.kept.has(digest));
}

/** What is odd about a manifest that is copied as it is, for the user. */
function odditiesOf({ descriptor, bytes, manifest }: OpenManifest): readonly string[] {
  const size =
    descriptor.size === bytes.length || descriptor.size === UNKNOWN_SIZE
      ? []
      : [`its size is ${bytes.length} bytes, and not ${descriptor.size} as the index says`];
  return [...size, ...(manifest.oddities ?? [])].map(
    (oddity) => `Manifest "${descriptor.digest}" is copied as it is: ${oddity}`,
  );
}
