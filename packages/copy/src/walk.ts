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
} from "@tranship/core";
import type { PlanAction } from "./plan.ts";
import type { OpenManifest, Reader } from "./reader.ts";
import type { CopyRun } from "./run.ts";
import type { Writer } from "./writer.ts";

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
  /** The root is complete at the target: only its referrers are looked at. */
  readonly rootIsThere: boolean;
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

  constructor(reader: Reader, writer: Writer, options: WalkOptions) {
    this.#reader = reader;
    this.#writer = writer;
    this.#options = options;
  }

  async *root(): AsyncGenerator<PlanAction, void, void> {
    const { root, rewritten, reference, rootIsThere, sparse } = this.#options;
    const opened: OpenManifest =
      rewritten === undefined
        ? await this.#reader.openManifest(root)
        : { descriptor: root, bytes: rewritten, manifest: parseManifest(rewritten, root.mediaType) };
    if (!rootIsThere) {
      yield* this.#manifest(opened, { ancestors: [], reference, rewritten, sparse });
      return;
    }
    if (sparse !== undefined) yield* this.#indexThere(opened, [], sparse);
    else {
      this.#manifests.add(root.digest);
      yield { action: "skip", descriptor: root, reason: "exists" };
    }
    if (reference !== undefined) yield { action: "tag", descriptor: root, reference };
    if (this.#options.referrers) yield* this.#referrersBelow(opened, sparse);
  }

  async *#manifest(
    opened: OpenManifest,
    place: {
      readonly ancestors: readonly Digest[];
      readonly reference?: string | undefined;
      readonly rewritten?: Uint8Array | undefined;
      readonly sparse?: Sparse | undefined;
    },
  ): AsyncGenerator<PlanAction, void, void> {
    const { descriptor, manifest } = opened;
    this.#manifests.add(descriptor.digest);
    const ancestors = [...place.ancestors, descriptor.digest];
    const children = keptOf(manifest, place.sparse);
    if (manifest.kind === "index") yield* this.#children(children, ancestors, place.sparse);
    else for (const blob of children) yield* this.#blob(blob);
    yield {
      action: "put",
      descriptor: { mediaType: manifest.mediaType, digest: descriptor.digest, size: opened.bytes.length },
      children: children.filter((child) => !isForeign(child)).map(({ digest }) => digest),
      ...(place.reference === undefined ? {} : { reference: place.reference }),
      ...(place.rewritten === undefined ? {} : { bytes: Buffer.from(place.rewritten).toString("base64") }),
      ...(place.sparse === undefined || manifest.kind !== "index" ? {} : { sparse: place.sparse.platforms }),
    };
    // A cut-down index is not what its referrers signed.
    if (place.rewritten === undefined) yield* this.#referrers(descriptor);
  }

  async *#children(
    children: readonly Descriptor[],
    ancestors: readonly Digest[],
    sparse: Sparse | undefined,
  ): AsyncGenerator<PlanAction, void, void> {
    const itself = children.find(({ digest }) => ancestors.includes(digest));
    if (itself !== undefined) {
      throw new StoreError(
        "MANIFEST_INVALID",
        `Cannot copy index "${ancestors.at(-1)}": it contains itself, by "${itself.digest}"`,
      );
    }
    const entries = children.filter(({ digest }) => !this.#manifests.has(digest));
    // All start now and are awaited in order; one that fails while an earlier one is walked is reported when its turn comes.
    const openings = entries.map((entry) => this.#openChild(entry));
    for (const opening of openings) opening.catch(this.#options.fail);
    try {
      for (const [position, entry] of entries.entries()) {
        const opened = await openings[position];
        if (this.#manifests.has(entry.digest)) continue;
        if (opened === "blob") yield* this.#blob(entry);
        else if (opened === "there" && sparse !== undefined && isIndexMediaType(entry.mediaType))
          yield* this.#indexThere(await this.#reader.openManifest(entry), ancestors, sparse);
        else if (opened === "there") yield* this.#there(entry);
        else if (opened !== undefined) yield* this.#manifest(opened, { ancestors, sparse });
      }
    } finally {
      await Promise.allSettled(openings);
    }
  }

  /** An index may name content that is no manifest: it travels as a blob. */
  async #openChild(entry: Descriptor): Promise<OpenManifest | "there" | "blob"> {
    if (!isManifestMediaType(entry.mediaType)) return "blob";
    if (this.#options.askForChildren && (await this.#writer.has(entry))) return "there";
    return this.#reader.openManifest(entry);
  }

  async *#there(entry: Descriptor): AsyncGenerator<PlanAction, void, void> {
    this.#manifests.add(entry.digest);
    yield { action: "skip", descriptor: entry, reason: "exists" };
    yield* this.#referrersOf(entry, undefined);
  }

  /** A sparse index that is there: that says nothing of what it names. */
  async *#indexThere(
    { descriptor, manifest }: OpenManifest,
    ancestors: readonly Digest[],
    sparse: Sparse,
  ): AsyncGenerator<PlanAction, void, void> {
    this.#manifests.add(descriptor.digest);
    yield* this.#children(keptOf(manifest, sparse), [...ancestors, descriptor.digest], sparse);
    yield { action: "skip", descriptor, reason: "exists" };
    if (ancestors.length > 0) yield* this.#referrers(descriptor);
  }

  async *#blob(blob: Descriptor): AsyncGenerator<PlanAction, void, void> {
    if (this.#blobs.has(blob.digest)) return;
    this.#blobs.add(blob.digest);
    if (isForeign(blob)) {
      yield { action: "skip", descriptor: blob, reason: "foreign" };
      return;
    }
    const { run } = this.#options;
    run.holds(this.#reader.source, blob.digest);
    yield { action: "transfer", descriptor: blob, mountFrom: run.holders(this.#writer.target, blob.digest) };
  }

  /** The referrers of a manifest that is at the target, and of all manifests below it. */
  async *#referrersBelow(opened: OpenManifest, sparse: Sparse | undefined): AsyncGenerator<PlanAction, void, void> {
    const { manifest } = opened;
    for (const child of manifest.kind === "index" ? keptOf(manifest, sparse) : []) {
      if (!isManifestMediaType(child.mediaType) || this.#manifests.has(child.digest)) continue;
      this.#manifests.add(child.digest);
      yield* this.#referrersOf(child, sparse);
    }
    if (this.#options.rewritten === undefined || opened.descriptor.digest !== this.#options.root.digest) {
      yield* this.#referrers(opened.descriptor);
    }
  }

  /** The same for what was not opened: an image has nothing below it that others refer to. */
  async *#referrersOf(entry: Descriptor, sparse: Sparse | undefined): AsyncGenerator<PlanAction, void, void> {
    if (!this.#options.referrers) return;
    if (isIndexMediaType(entry.mediaType)) yield* this.#referrersBelow(await this.#reader.openManifest(entry), sparse);
    else yield* this.#referrers(entry);
  }

  async *#referrers(subject: Descriptor): AsyncGenerator<PlanAction, void, void> {
    if (!this.#options.referrers) return;
    for (const referrer of await this.#reader.referrers(subject)) {
      if (this.#manifests.has(referrer.digest)) continue;
      if (await this.#writer.has(referrer)) {
        yield* this.#there(referrer);
        continue;
      }
      yield* this.#manifest(await this.#reader.openManifest(referrer), { ancestors: [] });
    }
  }
}

/** What a manifest names, or of a sparse index what is copied of that. */
function keptOf(manifest: Manifest, sparse: Sparse | undefined): readonly Descriptor[] {
  const children = childrenOf(manifest);
  if (sparse === undefined || manifest.kind !== "index") return children;
  return children.filter(({ digest }) => sparse.kept.has(digest));
}
