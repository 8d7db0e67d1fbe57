import { lstat, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Content, type Descriptor, type Digest, LayoutStore, openLayout, StoreError } from "@tranship/core";
import { ApiError } from "../api-error.ts";
import type { ByteRange } from "../byte-range.ts";
import { compareNames, isTag } from "../names.ts";
import { adoptBlob, type BeforeCopy, blobSize, linkBlob, readBlob, removeBlob } from "./blob-file.ts";
import { makeOwnFolder } from "./own-folder.ts";

const LAYOUT_MARKER = "oci-layout";

/**
 * One repository: an OCI image layout in its folder, made when the first content comes. Its manifests, tags and index.json are those of core's
 * layout store, so that other programs may use the folder meanwhile.
 */
export class Repository {
  readonly name: string;
  readonly #root: string;
  readonly #dir: string;
  #opening: Promise<LayoutStore> | undefined;
  #making: Promise<LayoutStore> | undefined;

  /** @param root the folder that is served. @param dir the repository's, the same or below it; absolute, without links. */
  constructor(name: string, { root, dir }: { readonly root: string; readonly dir: string }) {
    this.name = name;
    this.#root = root;
    this.#dir = dir;
  }

  /** Whether there is a layout. */
  async exists(): Promise<boolean> {
    return isLayout(this.#dir);
  }

  /** The size of a blob or manifest; undefined where it is not there. */
  blobSize(digest: Digest): Promise<number | undefined> {
    return blobSize(this.#dir, digest);
  }

  /** The bytes of a blob that is there. */
  readBlob(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array> {
    return readBlob(this.#dir, digest, range);
  }

  /** Makes a verified file of the same file system the blob. */
  async adoptBlob(file: string, digest: Digest): Promise<void> {
    await this.#make();
    await adoptBlob(this.#dir, digest, file);
  }

  /**
   * Shares a blob of another repository. False where that one has no such blob.
   * @param beforeCopy called with the size where the file system has no links, and the blob is copied.
   */
  async linkBlob(from: Repository, digest: Digest, beforeCopy: BeforeCopy): Promise<boolean> {
    if ((await from.blobSize(digest)) === undefined) return false;
    await this.#make();
    return linkBlob({ from: from.#dir, to: this.#dir, digest, beforeCopy });
  }

  /** False where there was none. */
  removeBlob(digest: Digest): Promise<boolean> {
    return removeBlob(this.#dir, digest);
  }

  /** What a tag or digest names; undefined where there is no such manifest. */
  async resolve(reference: string): Promise<Descriptor | undefined> {
    const store = await this.#store();
    return (await unlessUnknown(store?.resolve(reference))) ?? this.#refuseAmbiguous(store, reference);
  }

  /** Whether the digest is that of a manifest, listed or in an index. One that is damaged counts as a blob. */
  async isManifest(digest: Digest): Promise<boolean> {
    try {
      return (await this.resolve(digest)) !== undefined;
    } catch (error) {
      if (error instanceof StoreError && error.code === "DIGEST_MISMATCH") return false;
      // Another request has removed it meanwhile.
      if ((await this.blobSize(digest)) === undefined) return false;
      throw error;
    }
  }

  /** A manifest with its bytes; undefined where there is none. */
  async open(reference: string): Promise<Content | undefined> {
    const store = await this.#store();
    return (await unlessUnknown(store?.open(reference))) ?? this.#refuseAmbiguous(store, reference);
  }

  /** Stores a manifest that was checked, under a tag or just under its digest. */
  async pushManifest({ descriptor, bytes }: Content, tag: string | undefined): Promise<void> {
    const store = await this.#make();
    await store.push(descriptor, async () => pieces(bytes), { reference: tag });
  }

  async removeManifest(descriptor: Descriptor): Promise<void> {
    await (await this.#store())?.delete(descriptor);
  }

  async removeTag(tag: string): Promise<void> {
    await (await this.#store())?.untag(tag);
  }

  /** The tags that the API can name, sorted; undefined where there is no such repository. */
  async tags(): Promise<readonly string[] | undefined> {
    const store = await this.#store();
    if (store === undefined) return undefined;
    const tags = await Array.fromAsync(store.tags());
    return tags.filter(isTag).toSorted(compareNames);
  }

  /** The manifests whose subject is the digest, of one artifact type or of all. Reads each manifest that is not yet known. */
  async referrers(digest: Digest, artifactType: string | undefined): Promise<readonly Descriptor[]> {
    const store = await this.#store();
    if (store === undefined) return [];
    // Only the digest of a subject is looked at.
    return Array.fromAsync(store.referrers({ mediaType: "", digest, size: 0 }, { artifactType }));
  }

  /** Names that several images of the layout share as their tag: the API cannot name these images by it. */
  async hiddenNames(): Promise<readonly string[]> {
    const store = await this.#store();
    return store === undefined ? [] : (await Array.fromAsync(store.tags())).filter((name) => !isTag(name));
  }

  /** @throws {ApiError} MANIFEST_UNKNOWN saying which images have the tag: the layout tells them apart by their whole names. */
  async #refuseAmbiguous(store: LayoutStore | undefined, tag: string): Promise<undefined> {
    if (store === undefined || !isTag(tag)) return undefined;
    const names = (await Array.fromAsync(store.tags())).filter((name) => name.endsWith(`:${tag}`));
    if (names.length === 0) return undefined;
    const images = await Promise.all(names.map(async (name) => `"${name}" is ${(await store.resolve(name)).digest}`));
    const message = `Cannot find tag "${tag}" in "${this.name}": several images of the layout have it; name one by its digest: ${images.join(", ")}`;
    throw new ApiError(404, "MANIFEST_UNKNOWN", message);
  }

  async #store(): Promise<LayoutStore | undefined> {
    if (!(await this.exists())) return undefined;
    return this.#open(false);
  }

  async #make(): Promise<LayoutStore> {
    if (await this.exists()) return this.#open(false);
    this.#making ??= this.#makeNow().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #makeNow(): Promise<LayoutStore> {
    this.#opening = undefined;
    if (this.#dir !== this.#root) await makeOwnFolder(this.#root, this.#dir, `repository "${this.name}"`);
    // With its marker the folder may hold other files, here the repositories nested in it.
    const marker = join(this.#dir, LAYOUT_MARKER);
    const found = await lstat(marker).catch(() => undefined);
    // A link would write elsewhere, and a FIFO would have the writer wait for ever.
    if (found !== undefined && !found.isFile())
      throw new ApiError(
        403,
        "DENIED",
        `Cannot write to repository "${this.name}": "${LAYOUT_MARKER}" is no regular file`,
      );
    await writeFile(marker, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    return this.#open(true);
  }

  /** One store for the folder: it orders its own changes of index.json. Its messages name the repository, not the folder. */
  #open(create: boolean): Promise<LayoutStore> {
    const opening = this.#opening ?? this.#openNow(create);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #openNow(create: boolean): Promise<LayoutStore> {
    await openLayout(this.#dir, { create });
    return new LayoutStore({ root: this.#dir, name: this.name });
  }
}

/** Whether the folder holds a whole layout. */
export async function isLayout(dir: string): Promise<boolean> {
  const [marker, index] = await Promise.all([isFile(join(dir, LAYOUT_MARKER)), isFile(join(dir, "index.json"))]);
  return marker && index;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

async function unlessUnknown<T>(found: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof StoreError && error.code === "MANIFEST_UNKNOWN") return undefined;
    throw error;
  }
}
