import { LRUCache } from "lru-cache";
import type { Descriptor } from "../../content/descriptor.ts";
import type { Manifest } from "../../content/manifest.ts";
import { isManifestMediaType } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { readVerified } from "../../content/verify.ts";
import type { Digest } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";
import { checkManifestSize, contentUnknown } from "../stored-content.ts";
import type { BlobDirectory } from "./blob-directory.ts";
import type { LayoutIndex } from "./layout-index.ts";

/** Bytes of manifests that are kept read: some thousand of the usual size. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** A manifest and what it says. */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/** What a manifest says, and the bytes that its file had. */
interface Known {
  readonly manifest: Manifest;
  readonly size: number;
}

/** The manifests among a layout's blobs. What one says is remembered, as content never changes; whether it is there is looked up each time. */
export class LayoutManifests {
  readonly #blobs: BlobDirectory;
  readonly #name: string;
  readonly #known: LRUCache<Digest, Known> = new LRUCache({ maxSize: CACHE_BYTES });

  /** @param name what messages call the layout. */
  constructor(blobs: BlobDirectory, name: string) {
    this.#blobs = blobs;
    this.#name = name;
  }

  /** The verified bytes. @throws {StoreError} MANIFEST_UNKNOWN, MANIFEST_TOO_LARGE, SIZE_MISMATCH, DIGEST_MISMATCH. */
  async bytes(descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
    const file = await this.#blobs.locate(descriptor.digest);
    if (file === undefined) throw contentUnknown(descriptor, this.#name);
    const found = { ...descriptor, size: file.size };
    checkManifestSize(found);
    return readVerified(await this.#blobs.fetch(found, { signal }), found);
  }

  /** Whether it is there, whole: small enough to be read each time, so that a damaged one is written anew. */
  async has(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.bytes(descriptor, signal);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** What it says. @throws {StoreError} as `bytes`, and what `parseManifest` throws. */
  async read(descriptor: Descriptor, signal?: AbortSignal): Promise<Manifest> {
    const file = await this.#blobs.locate(descriptor.digest);
    const known = this.#known.get(descriptor.digest);
    if (known !== undefined && known.size === file?.size) return known.manifest;
    const manifest = parseManifest(await this.bytes(descriptor, signal), descriptor.mediaType);
    const size = file?.size ?? 0;
    this.#known.set(descriptor.digest, { manifest, size }, { size: Math.max(1, size) });
    return manifest;
  }

  /**
   * The descriptor of a manifest of which only the digest is known.
   * Undefined where there is no such file, or it is no manifest: a layout keeps manifests and other blobs together.
   * @throws {StoreError} DIGEST_MISMATCH.
   */
  async describe(digest: Digest, signal?: AbortSignal): Promise<Descriptor | undefined> {
    const file = await this.#blobs.locate(digest);
    if (file === undefined) return undefined;
    try {
      const { mediaType } = await this.read({ mediaType: "", digest, size: file.size }, signal);
      return { mediaType, digest, size: file.size };
    } catch (error) {
      if (hasCode(error, "MANIFEST_INVALID", "MANIFEST_UNSUPPORTED", "MANIFEST_TOO_LARGE")) return undefined;
      throw error;
    }
  }

  /** Every manifest that the index names or that is in an index that it names, each once. Those that are absent or damaged are left out. */
  async *reachable(index: LayoutIndex, signal?: AbortSignal): AsyncGenerator<ReadManifest, void, void> {
    const seen = new Set<Digest>();
    const waiting = index.entries.map((entry) => entry.descriptor);
    for (const descriptor of waiting) {
      signal?.throwIfAborted();
      if (seen.has(descriptor.digest)) continue;
      // What no type is stated of is read to find it out.
      if (descriptor.mediaType !== "" && !isManifestMediaType(descriptor.mediaType)) continue;
      seen.add(descriptor.digest);
      const manifest = await this.#readUnlessBroken(descriptor, signal);
      if (manifest === undefined) continue;
      yield { descriptor, manifest };
      if (manifest.kind === "index") waiting.push(...manifest.manifests);
    }
  }

  async #readUnlessBroken(descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
    try {
      return await this.read(descriptor, signal);
    } catch (error) {
      if (isAbsent(error) || hasCode(error, "MANIFEST_INVALID", "MANIFEST_UNSUPPORTED", "MANIFEST_TOO_LARGE"))
        return undefined;
      throw error;
    }
  }
}

function isAbsent(error: unknown): boolean {
  return hasCode(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "SIZE_MISMATCH", "DIGEST_MISMATCH");
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof StoreError && codes.includes(error.code);
}
