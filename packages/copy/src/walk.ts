import {
  childrenOf,
  type Descriptor,
  type Digest,
  isForeign,
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
  /** Ends what else is read, as soon as one reading fails. */
  readonly fail: (error: unknown) => void;
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
    const { root, rewritten, reference, rootIsThere } = this.#options;
    const opened: OpenManifest =
      rewritten === undefined
        ? await this.#reader.openManifest(root)
        : { descriptor: root, bytes: rewritten, manifest: parseManifest(rewritten, root.mediaType) };
    if (!rootIsThere) {
      yield* this.#manifest(opened, { ancestors: [], reference, rewritten });
      return;
    }
    this.#manifests.add(root.digest);
    yield { action: "skip", descriptor: root, reason: "exists" };
    if (reference !== undefined) yield { action: "tag", descriptor: root, reference };
    if (this.#options.referrers) yield* this.#referrersBelow(opened);
  }

  async *#manifest(
    opened: OpenManifest,
    place: {
      readonly ancestors: readonly Digest[];
      readonly reference?: string | undefined;
      readonly rewritten?: Uint8Array | undefined;
    },
  ): AsyncGenerator<PlanAction, void, void> {
    const { descriptor, manifest } = opened;
    this.#manifests.add(descriptor.digest);
    const ancestors = [...place.ancestors, descriptor.digest];
    const children = childrenOf(manifest);
    if (manifest.kind === "index") yield* this.#children(children, ancestors);
    else for (const blob of children) yield* this.#blob(blob);
    yield {
      action: "put",
      descriptor: { mediaType: manifest.mediaType, digest: descriptor.digest, size: opened.bytes.length },
      children: children.filter((child) => !isForeign(child)).map(({ digest }) => digest),
      ...(place.reference === undefined ? {} : { reference: place.reference }),
      ...(place.rewritten === undefined ? {} : { bytes: Buffer.from(place.rewritten).toString("base64") }),
    };
    // A cut-down index is not what its referrers signed.
    if (place.rewritten === undefined) yield* this.#referrers(descriptor);
  }

  async *#children(
    children: readonly Descriptor[],
    ancestors: readonly Digest[],
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
        else if (opened === "there") yield* this.#there(entry);
        else if (opened !== undefined) yield* this.#manifest(opened, { ancestors });
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
    if (this.#options.referrers) yield* this.#referrersBelow(await this.#reader.openManifest(entry));
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
  async *#referrersBelow(opened: OpenManifest): AsyncGenerator<PlanAction, void, void> {
    for (const child of manifestsOf(opened.manifest)) {
      if (this.#manifests.has(child.digest)) continue;
      this.#manifests.add(child.digest);
      yield* this.#referrersBelow(await this.#reader.openManifest(child));
    }
    if (this.#options.rewritten === undefined || opened.descriptor.digest !== this.#options.root.digest) {
      yield* this.#referrers(opened.descriptor);
    }
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

function manifestsOf(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === "index" ? manifest.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType)) : [];
}
