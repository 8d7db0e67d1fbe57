import { mkdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { leasesOf } from "../../bytes/lease.ts";
import { type Descriptor, hasSize } from "../../content/descriptor.ts";
import { verified } from "../../content/verify.ts";
import { algorithmOf, type Digest, parseDigest } from "../../digest/digest.ts";
import { StoreError } from "../../errors/errors.ts";
import { reading, storageFailure, writing } from "../storage-failure.ts";
import type { Open } from "../store.ts";
import { checkOffset, contentUnknown } from "../stored-content.ts";
import { readBlobFile, wrongSize } from "./blob-reading.ts";
import { type Draft, Drafts, resumedContent } from "./drafts.ts";
import type { LayoutPlace } from "./layout-place.ts";
import { realPathInside } from "./link-roots.ts";
import { isSystemError } from "./system-error.ts";
import type { Workspace } from "./workspace.ts";
import { writeLeases } from "./write-leases.ts";

/** A blob's file. */
export interface BlobFile {
  /** Without links. */
  readonly path: string;
  readonly size: number;
}

/** The content of a layout: `blobs/ALGORITHM/HEX`. Spec: image-spec v1.1.1, "OCI Image Layout Specification", "Blobs". */
export class BlobDirectory {
  readonly #root: string;
  readonly #linkRoots: readonly string[];
  readonly #name: string;
  readonly #workspace: Workspace;
  readonly #drafts: Drafts;

  constructor({ root, name, linkRoots = [] }: LayoutPlace, workspace: Workspace) {
    this.#root = root;
    this.#linkRoots = linkRoots;
    this.#name = name;
    this.#workspace = workspace;
    this.#drafts = new Drafts(workspace);
  }

  /**
   * The file of a blob, undefined where there is none.
   * @throws {StoreError} LINK_REFUSED where a link leads where it must not; LAYOUT_INVALID where it is no file; STORAGE.
   */
  async locate(digest: Digest): Promise<BlobFile | undefined> {
    const allowed = [this.#root, ...this.#linkRoots];
    const path = await realPathInside(this.#pathOf(digest), { allowed, name: this.#name });
    if (path === undefined) return undefined;
    const found = await reading(this.#name, () => stat(path));
    if (!found.isFile()) {
      throw new StoreError("LAYOUT_INVALID", `Cannot read "${digest}" from "${this.#name}": "${path}" is not a file`);
    }
    return { path, size: found.size };
  }

  /**
   * The bytes from `offset`. The file is opened when the first chunk is asked for and closed after the last one, or when the reader leaves.
   * @throws {StoreError} BLOB_UNKNOWN, MANIFEST_UNKNOWN, STORAGE; SIZE_MISMATCH before anything is read.
   * @throws {RangeError} where the offset is not in the content.
   */
  async fetch(
    descriptor: Descriptor,
    { offset = 0, signal }: { readonly offset?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    signal?.throwIfAborted();
    const file = await this.locate(descriptor.digest);
    signal?.throwIfAborted();
    if (file === undefined) throw contentUnknown(descriptor, this.#name);
    if (!hasSize(descriptor, file.size)) throw wrongSize(descriptor, file.size, this.#name);
    checkOffset(offset, { ...descriptor, size: file.size });
    return readBlobFile({
      path: file.path,
      descriptor: { ...descriptor, size: file.size },
      offset,
      name: this.#name,
      signal,
    });
  }

  /**
   * Writes a blob so that its name only ever stands for the whole, verified content: also after a crash or a power cut, and with other writers.
   * The bytes are on the disk before they get their name; that costs one flush a blob, which runs beside the other blobs' work.
   * What an earlier writer of a big one got is hashed again, and gone on with at its end; should it be wrong, the blob is fetched once more from zero.
   * @throws {StoreError} SIZE_MISMATCH, DIGEST_MISMATCH, STORAGE; what `openContent` and its content threw, as it is. Nothing is left behind but the
   * begun file of a big blob, where its source or an abort ended it.
   */
  async write(
    descriptor: Descriptor,
    openContent: Open,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    try {
      const draft = await writing(this.#name, () => this.#drafts.begin(descriptor));
      try {
        return await this.#writeDraft(draft, descriptor, openContent, signal);
      } catch (error) {
        if (draft.kept === 0 || !isWrongContent(error)) throw error;
      }
      const anew = await writing(this.#name, () => this.#drafts.beginAnew(descriptor));
      await this.#writeDraft(anew, descriptor, openContent, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      await this.#workspace.leave();
    }
  }

  async #writeDraft(
    draft: Draft,
    descriptor: Descriptor,
    openContent: Open,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const target = this.#pathOf(descriptor.digest);
    const { path, handle, kept } = draft;
    let known = kept;
    // The kept bytes are hashed with the others, and are in the file already.
    const write = async (bytes: Uint8Array): Promise<void> => {
      if (known === 0) return writing(this.#name, () => handle.writeFile(bytes));
      known -= bytes.length;
    };
    try {
      const content =
        kept === 0 ? await openContent(0, signal) : resumedContent(draft, openContent, { name: this.#name, signal });
      await writeLeases(leasesOf(verified(content, descriptor)), write, signal);
      await writing(this.#name, async () => {
        await handle.datasync();
        await handle.close();
        signal?.throwIfAborted();
        await this.#moveInto(target, path);
      });
    } catch (error) {
      const isWorthKeeping = !isWrongContent(error) && !(error instanceof StoreError && error.code === "STORAGE");
      await this.#drafts.leave(draft, descriptor, isWorthKeeping);
      throw error;
    }
  }

  /** Removes a blob's file. False where there is none. */
  async remove(digest: Digest): Promise<boolean> {
    const path = this.#pathOf(digest);
    if ((await this.#inside(join(path, ".."))) === undefined) return false;
    try {
      await unlink(path);
      return true;
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return false;
      throw storageFailure(`delete "${digest}" from "${this.#name}"`, error);
    }
  }

  async #moveInto(target: string, path: string): Promise<void> {
    const folder = join(target, "..");
    // mkdir goes through links as well, so each level is looked at before the next one is made.
    for (const level of [join(folder, ".."), folder]) {
      if ((await this.#inside(level)) === undefined) await mkdir(level, { recursive: true });
    }
    await rename(path, target);
  }

  #pathOf(digest: Digest): string {
    const checked = parseDigest(digest);
    const algorithm = algorithmOf(checked);
    return join(this.#root, "blobs", algorithm, checked.slice(algorithm.length + 1));
  }

  /** The real path of what is written or removed: only the layout's own folder, never one that it links to. */
  #inside(path: string): Promise<string | undefined> {
    return realPathInside(path, { allowed: [this.#root], name: this.#name });
  }
}

function isWrongContent(error: unknown): boolean {
  return error instanceof StoreError && (error.code === "DIGEST_MISMATCH" || error.code === "SIZE_MISMATCH");
}
