import type { Descriptor } from "../content/descriptor.ts";
import type { Manifest } from "../content/manifest.ts";
import { isManifestMediaType } from "../content/media-types.ts";
import { parseManifest } from "../content/parse-manifest.ts";
import { readVerified } from "../content/verify.ts";
import { type Digest, isDigest } from "../digest/digest.ts";
import { type HashedContent, hashContent } from "../digest/hash-content.ts";
import { StoreError } from "../errors/errors.ts";
import { quoted } from "../text/quoted.ts";
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
} from "./store.ts";
import { asReferrer, checkManifestSize, checkOffset, checkTaggable, contentUnknown } from "./stored-content.ts";

const PIECE_BYTES = 1024 * 1024;

interface StoredManifest extends Content {
  readonly manifest: Manifest;
}

/** One repository in memory: for tests, and for small artifacts on their way. */
export class MemoryStore implements Store {
  readonly name: string;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #manifests = new Map<Digest, StoredManifest>();
  readonly #tags = new Map<string, Digest>();

  /** @param name what messages call it. */
  constructor(name = "memory") {
    this.name = name;
  }

  async resolve(reference: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#find(reference, options).descriptor;
  }

  async open(reference: string, options: CallOptions = {}): Promise<Content> {
    const { descriptor, bytes } = this.#find(reference, options);
    return { descriptor, bytes: new Uint8Array(bytes) };
  }

  async fetch(
    descriptor: Descriptor,
    { offset = 0, signal }: CallOptions & { readonly offset?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    signal?.throwIfAborted();
    checkOffset(offset, descriptor);
    const bytes = this.#bytesOf(descriptor);
    if (bytes === undefined) throw contentUnknown(descriptor, this.name);
    return pieces(bytes, offset, signal);
  }

  async sizeOf(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    const bytes = this.#bytesOf(descriptor);
    if (bytes === undefined) throw contentUnknown(descriptor, this.name);
    return bytes.length;
  }

  async readBack(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<HashedContent> {
    const bytes = this.#bytesOf(descriptor);
    if (bytes === undefined) throw contentUnknown(descriptor, this.name);
    return hashContent(pieces(bytes, 0, signal), descriptor.digest);
  }

  async *referrers(
    subject: Descriptor,
    { artifactType, signal }: ReferrersOptions = {},
  ): AsyncGenerator<Descriptor, void, void> {
    signal?.throwIfAborted();
    for (const { descriptor, manifest } of [...this.#manifests.values()]) {
      if (manifest.subject?.digest !== subject.digest) continue;
      const referrer = asReferrer(descriptor, manifest);
      if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
    }
  }

  async *tags({ signal }: CallOptions = {}): AsyncGenerator<string, void, void> {
    signal?.throwIfAborted();
    yield* [...this.#tags.keys()];
  }

  async has(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    return this.#bytesOf(descriptor) !== undefined;
  }

  async push(descriptor: Descriptor, open: Open, { reference, signal }: PushOptions = {}): Promise<PushOutcome> {
    if (reference !== undefined) checkTaggable(descriptor, reference);
    const existed = await this.has(descriptor, { signal });
    if (!existed) await this.#read(descriptor, open, signal);
    if (reference !== undefined) await this.tag(descriptor, reference, { signal });
    return existed ? "existed" : "pushed";
  }

  async replace(descriptor: Descriptor, hold: Hold, { signal }: ReplaceOptions = {}): Promise<PushOutcome> {
    signal?.throwIfAborted();
    const { digest } = descriptor;
    if (this.#bytesOf(descriptor) !== undefined && (await this.readBack(descriptor)).digest === digest)
      return "existed";
    await this.#read(descriptor, await hold(signal), signal);
    return "pushed";
  }

  async tag(descriptor: Descriptor, reference: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    checkTaggable(descriptor, reference);
    if (!this.#manifests.has(descriptor.digest)) throw contentUnknown(descriptor, this.name);
    if (reference === descriptor.digest) return;
    if (isDigest(reference) || reference === "") {
      throw new SyntaxError(`Bad tag ${quoted(reference)}: expected a name`);
    }
    this.#tags.set(reference, descriptor.digest);
  }

  async delete(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const content: Map<Digest, unknown> = isManifestMediaType(descriptor.mediaType) ? this.#manifests : this.#blobs;
    if (!content.delete(descriptor.digest)) throw contentUnknown(descriptor, this.name);
    for (const [tag, digest] of this.#tags) {
      if (content === this.#manifests && digest === descriptor.digest) this.#tags.delete(tag);
    }
  }

  async untag(reference: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#tags.delete(reference)) throw this.#unknown(reference);
  }

  async #read(descriptor: Descriptor, open: Open, signal: AbortSignal | undefined): Promise<void> {
    const isManifest = isManifestMediaType(descriptor.mediaType);
    if (isManifest) checkManifestSize(descriptor);
    const { mediaType, digest } = descriptor;
    try {
      const bytes = await readVerified(await open(0, signal), descriptor);
      signal?.throwIfAborted();
      if (!isManifest) this.#blobs.set(digest, bytes);
      else {
        const manifest = parseManifest(bytes, mediaType);
        this.#manifests.set(digest, { descriptor: { mediaType, digest, size: bytes.length }, bytes, manifest });
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  #find(reference: string, { signal }: CallOptions): StoredManifest {
    signal?.throwIfAborted();
    const digest = isDigest(reference) ? reference : this.#tags.get(reference);
    const found = digest === undefined ? undefined : this.#manifests.get(digest);
    if (found === undefined) throw this.#unknown(reference);
    return found;
  }

  #bytesOf({ mediaType, digest }: Descriptor): Uint8Array | undefined {
    return isManifestMediaType(mediaType) ? this.#manifests.get(digest)?.bytes : this.#blobs.get(digest);
  }

  #unknown(reference: string): StoreError {
    return new StoreError("MANIFEST_UNKNOWN", `Cannot resolve ${quoted(reference)} in "${this.name}": it is not there`);
  }
}

/** Copies, so that whoever reads them may change them. */
async function* pieces(
  bytes: Uint8Array,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for (let position = offset; position < bytes.length; position += PIECE_BYTES) {
    signal?.throwIfAborted();
    yield new Uint8Array(bytes.subarray(position, position + PIECE_BYTES));
  }
}
