import { childrenOf } from "../../content/children.ts";
import { type Descriptor, hasSize } from "../../content/descriptor.ts";
import { isIndexMediaType, isManifestMediaType } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { readVerified } from "../../content/verify.ts";
import { type Digest, isDigest } from "../../digest/digest.ts";
import { type HashedContent, hashContent } from "../../digest/hash-content.ts";
import { StoreError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import type {
  CallOptions,
  Content,
  Hold,
  Open,
  PushOptions,
  PushOutcome,
  ReferrersOptions,
  ReplaceOptions,
  Store,
} from "../store.ts";
import { asReferrer, checkManifestSize, checkOffset, checkTaggable, contentUnknown } from "../stored-content.ts";
import { BlobDirectory } from "./blob-directory.ts";
import { IndexFile } from "./index-file.ts";
import {
  CONTAINERD_NAME,
  isListed,
  type LayoutIndex,
  withListed,
  withoutManifest,
  withoutTag,
  withoutUntagged,
  withTag,
} from "./layout-index.ts";
import { LayoutManifests } from "./layout-manifests.ts";
import type { LayoutPlace } from "./layout-place.ts";
import { findByName, findOnly, tagNames, writtenNames } from "./tag-names.ts";
import { Workspace } from "./workspace.ts";

/**
 * An OCI image layout directory as a store. Any number of processes may read and write it at once. Spec: image-spec v1.1.1, "OCI Image Layout Specification".
 *
 * - Content is there when a file of the right size has its name; whoever fetches it verifies it. A manifest is also read.
 * - index.json names each tag, and each manifest that was pushed without one unless an index that is named has it, so that nothing pushed is garbage to other tools.
 * - What the operating system refuses (no space, no permission) is a StoreError with code STORAGE.
 */
export class LayoutStore implements Store {
  readonly name: string;
  readonly isLocal = true;
  readonly #index: IndexFile;
  readonly #blobs: BlobDirectory;
  readonly #manifests: LayoutManifests;

  /** `openLayout` makes it. @internal */
  constructor(place: LayoutPlace) {
    const workspace = new Workspace(place.root);
    this.name = place.name;
    this.#index = new IndexFile(place, workspace);
    this.#blobs = new BlobDirectory(place, workspace);
    this.#manifests = new LayoutManifests(this.#blobs, place.name);
  }

  /** The one image of the layout, for `oci:DIR` without a tag. @throws {StoreError} MANIFEST_UNKNOWN listing the tags where there are several. */
  async only({ signal }: CallOptions = {}): Promise<Descriptor> {
    signal?.throwIfAborted();
    return plain(findOnly(await this.#mainOnes(await this.#index.read(), signal), this.name));
  }

  /** A digest also finds a manifest that only an index names. @throws {StoreError} MANIFEST_UNKNOWN, also where the file is missing. */
  async resolve(reference: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    signal?.throwIfAborted();
    const index = await this.#index.read();
    const descriptor = isDigest(reference)
      ? await this.#findByDigest(index, reference, signal)
      : findByName(index, reference, this.name);
    const file = await this.#blobs.locate(descriptor.digest);
    signal?.throwIfAborted();
    if (file?.size === descriptor.size && isManifestMediaType(descriptor.mediaType)) return plain(descriptor);
    // What the entry says of its type and size may be wrong: the content has its digest, or it is damaged.
    const described =
      file === undefined ? undefined : await this.#manifests.describe(descriptor.digest, signal).catch(unlessDamaged);
    if (described !== undefined) return plain({ ...descriptor, ...described });
    const detail = file === undefined ? "is missing" : `has ${file.size} bytes, not ${descriptor.size}`;
    throw this.#unresolved(reference, `the file of "${descriptor.digest}" ${detail}`);
  }

  async open(reference: string, options: CallOptions = {}): Promise<Content> {
    const descriptor = await this.resolve(reference, options);
    return { descriptor, bytes: await this.#manifests.bytes(descriptor, options.signal) };
  }

  async fetch(
    descriptor: Descriptor,
    { offset, signal }: CallOptions & { readonly offset?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    if (!isManifestMediaType(descriptor.mediaType)) return this.#blobs.fetch(descriptor, { offset, signal });
    const bytes = await this.#manifests.bytes(descriptor, signal);
    checkOffset(offset ?? 0, { ...descriptor, size: bytes.length });
    return once(bytes.subarray(offset));
  }

  async readBack(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<HashedContent> {
    const { digest } = descriptor;
    const file = await this.#blobs.locate(digest);
    if (file === undefined) throw contentUnknown(descriptor, this.name);
    return hashContent(await this.#blobs.fetch({ ...descriptor, size: file.size }, { signal }), digest);
  }

  /** The new file takes the name of the old one when it is whole: there is no time without either. */
  async replace(descriptor: Descriptor, hold: Hold, { signal }: ReplaceOptions = {}): Promise<PushOutcome> {
    const file = await this.#blobs.locate(descriptor.digest);
    if (file !== undefined && (await this.readBack(descriptor, { signal })).digest === descriptor.digest)
      return "existed";
    signal?.throwIfAborted();
    await this.#blobs.write(descriptor, await hold(signal), { signal });
    return "pushed";
  }

  /** Reads each manifest that is not yet known: their number is the cost. */
  async *referrers(
    subject: Descriptor,
    { artifactType, signal }: ReferrersOptions = {},
  ): AsyncGenerator<Descriptor, void, void> {
    for await (const { descriptor, manifest } of this.#manifests.reachable(await this.#index.read(), signal)) {
      if (manifest.subject?.digest !== subject.digest) continue;
      const referrer = asReferrer(descriptor, manifest);
      if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
    }
  }

  async *tags({ signal }: CallOptions = {}): AsyncGenerator<string, void, void> {
    signal?.throwIfAborted();
    yield* tagNames(await this.#index.read());
  }

  /** As they are written: `tags` gives `3.20` of `docker.io/library/alpine:3.20`. */
  async *names({ signal }: CallOptions = {}): AsyncGenerator<string, void, void> {
    signal?.throwIfAborted();
    yield* writtenNames(await this.#index.read());
  }

  async has(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    if (isManifestMediaType(descriptor.mediaType)) return this.#manifests.has(descriptor, signal);
    const file = await this.#blobs.locate(descriptor.digest);
    signal?.throwIfAborted();
    return hasSize(descriptor, file?.size);
  }

  async sizeOf(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<number> {
    const file = await this.#blobs.locate(descriptor.digest);
    signal?.throwIfAborted();
    if (file === undefined) throw contentUnknown(descriptor, this.name);
    return file.size;
  }

  async push(descriptor: Descriptor, open: Open, { reference, signal }: PushOptions = {}): Promise<PushOutcome> {
    if (reference !== undefined) checkTaggable(descriptor, reference);
    const existed = await this.has(descriptor, { signal });
    if (!isManifestMediaType(descriptor.mediaType)) {
      if (!existed) await this.#blobs.write(descriptor, open, { signal });
      return existed ? "existed" : "pushed";
    }
    if (!existed) await this.#writeManifest(descriptor, open, signal);
    if (reference !== undefined) await this.#tag(descriptor, reference, signal);
    else await this.#index.update((index) => this.#list(index, descriptor, existed), { signal });
    return existed ? "existed" : "pushed";
  }

  async tag(descriptor: Descriptor, reference: string, { signal }: CallOptions = {}): Promise<void> {
    checkTaggable(descriptor, reference);
    if (!(await this.has(descriptor, { signal }))) throw contentUnknown(descriptor, this.name);
    await this.#tag(descriptor, reference, signal);
  }

  /** Children and referrers stay. @throws {StoreError} MANIFEST_UNKNOWN, BLOB_UNKNOWN. */
  async delete(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (isManifestMediaType(descriptor.mediaType)) {
      await this.#index.update((index) => withoutManifest(index, descriptor.digest), { signal });
    }
    if (!(await this.#blobs.remove(descriptor.digest))) throw contentUnknown(descriptor, this.name);
  }

  /** @throws {StoreError} MANIFEST_UNKNOWN where there is no such tag. */
  async untag(reference: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#index.update(
      (index) => {
        const after = withoutTag(index, reference);
        if (after === index) throw this.#unresolved(reference, "there is no such tag");
        return after;
      },
      { signal },
    );
  }

  /** Without what only belongs to another manifest that is listed: untagged referrers, and the children that oras lists too. */
  async #mainOnes(index: LayoutIndex, signal: AbortSignal | undefined): Promise<LayoutIndex> {
    if (index.entries.length < 2) return index;
    const dependent = new Set<Digest>();
    for await (const { descriptor, manifest } of this.#manifests.reachable(index, signal)) {
      if (manifest.subject !== undefined) dependent.add(descriptor.digest);
      if (manifest.kind === "index") for (const child of manifest.manifests) dependent.add(child.digest);
    }
    const main = withoutUntagged(index, dependent);
    return main.entries.length > 0 ? main : index;
  }

  async #findByDigest(index: LayoutIndex, digest: Digest, signal: AbortSignal | undefined): Promise<Descriptor> {
    const listed = index.entries.find((entry) => entry.descriptor.digest === digest);
    const descriptor = listed?.descriptor ?? (await this.#manifests.describe(digest, signal));
    if (descriptor !== undefined) return descriptor;
    throw this.#unresolved(digest, "there is no such manifest");
  }

  async #writeManifest(descriptor: Descriptor, open: Open, signal: AbortSignal | undefined): Promise<void> {
    checkManifestSize(descriptor);
    let bytes: Uint8Array;
    try {
      bytes = await readVerified(await open(0, signal), descriptor);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    parseManifest(bytes, descriptor.mediaType);
    await this.#blobs.write(descriptor, async () => once(bytes), { signal });
  }

  async #tag(descriptor: Descriptor, tag: string, signal: AbortSignal | undefined): Promise<void> {
    if (tag === descriptor.digest) return;
    if (isDigest(tag) || tag === "") throw new SyntaxError(`Bad tag ${quoted(tag)}: expected a name`);
    await this.#index.update((index) => this.#hideChildren(withTag(index, descriptor, tag), descriptor), { signal });
  }

  async #list(index: LayoutIndex, descriptor: Descriptor, existed: boolean): Promise<LayoutIndex> {
    if (isListed(index, descriptor.digest)) return index;
    // Children come before their index: only what was there already can be in one that is listed.
    if (existed && (await this.#isReachable(index, descriptor.digest))) return index;
    return this.#hideChildren(withListed(index, descriptor), descriptor);
  }

  async #isReachable(index: LayoutIndex, digest: Digest): Promise<boolean> {
    for await (const { descriptor } of this.#manifests.reachable(index)) {
      if (descriptor.digest === digest) return true;
    }
    return false;
  }

  /** With several entries for one image `oci:DIR` would not say which is meant: skopeo refuses to choose. */
  async #hideChildren(index: LayoutIndex, descriptor: Descriptor): Promise<LayoutIndex> {
    if (!isIndexMediaType(descriptor.mediaType)) return index;
    const children = childrenOf(await this.#manifests.read(descriptor));
    return withoutUntagged(index, new Set(children.map((child) => child.digest)));
  }

  #unresolved(reference: string, detail: string): StoreError {
    return new StoreError("MANIFEST_UNKNOWN", `Cannot resolve ${quoted(reference)} in "${this.name}": ${detail}`);
  }
}

/** Without what index.json adds about this layout, but for the image's whole name. */
function plain({ mediaType, digest, size, artifactType, annotations }: Descriptor): Descriptor {
  const wholeName = annotations?.[CONTAINERD_NAME];
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(wholeName === undefined ? {} : { annotations: { [CONTAINERD_NAME]: wholeName } }),
  };
}

/** A damaged manifest is described by nothing. */
function unlessDamaged(error: unknown): undefined {
  if (error instanceof StoreError && error.code === "DIGEST_MISMATCH") return undefined;
  throw error;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
