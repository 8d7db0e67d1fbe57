import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptor, Digest, Open, Source } from "@tranship/core";
import type { ContentBuffer } from "./content-buffer.ts";
import { FileBuffer } from "./file-buffer.ts";
import { GrowingContent } from "./growing-content.ts";
import { MemoryBuffer } from "./memory-buffer.ts";

/** What all spooled content may take on disk, in bytes. */
const DEFAULT_LIMIT = 10 * 1024 * 1024 * 1024;

/** Up to so many bytes content stays in memory. */
const IN_MEMORY = 1024 * 1024;

interface Entry {
  readonly content: GrowingContent;
  readonly size: number;
  users: number;
}

/** What a spool may take, and where. */
export interface SpoolOptions {
  /** Bytes of disk at most; content beyond it is fetched by each target for itself. Default 10 GiB. */
  readonly limit?: number | undefined;
  /** Where its folder is made. Default: the system's for temporary files. */
  readonly parent?: string | undefined;
}

/** Content of sources that several targets are being sent, each fetched once. Declare it with `await using`: its folder goes at the end. */
export class Spool implements AsyncDisposable {
  readonly #limit: number;
  readonly #parent: string;
  readonly #entries = new WeakMap<Source, Map<Digest, Entry>>();
  readonly #open = new Set<GrowingContent>();
  #folder: Promise<string> | undefined;
  #files = 0;
  #used = 0;

  constructor({ limit = DEFAULT_LIMIT, parent = tmpdir() }: SpoolOptions = {}) {
    this.#limit = limit;
    this.#parent = parent;
  }

  /** Takes part in the content; undefined where there is no room for it. Give it back with `release`. */
  use(source: Source, { digest, size }: Descriptor, fetch: Open): GrowingContent | undefined {
    const entries = this.#of(source);
    const known = entries.get(digest);
    if (known !== undefined) {
      known.users += 1;
      return known.content;
    }
    if (this.#used + size > this.#limit) return undefined;
    this.#used += size;
    const content = new GrowingContent(size, () => this.#makeBuffer(size), fetch);
    entries.set(digest, { content, size, users: 1 });
    this.#open.add(content);
    return content;
  }

  /** Gives it back: the last one ends and removes it. */
  async release(source: Source, digest: Digest): Promise<void> {
    const entries = this.#of(source);
    const entry = entries.get(digest);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    entries.delete(digest);
    this.#open.delete(entry.content);
    await entry.content.close();
    this.#used -= entry.size;
  }

  /** Removes the folder; what is in use ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    const folder = this.#folder;
    this.#folder = undefined;
    await Promise.all([...this.#open].map((content) => content.close()));
    this.#open.clear();
    if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
  }

  async #makeBuffer(size: number): Promise<ContentBuffer> {
    return size <= IN_MEMORY ? new MemoryBuffer(size) : FileBuffer.make(await this.#makePath());
  }

  async #makePath(): Promise<string> {
    this.#folder ??= mkdtemp(join(this.#parent, "tranship-spool-"));
    this.#files += 1;
    // Before the wait: others ask meanwhile.
    const name = String(this.#files);
    return join(await this.#folder, name);
  }

  #of(source: Source): Map<Digest, Entry> {
    const entries = this.#entries.get(source) ?? new Map<Digest, Entry>();
    this.#entries.set(source, entries);
    return entries;
  }
}
