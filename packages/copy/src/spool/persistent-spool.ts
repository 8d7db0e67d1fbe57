import { mkdir, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import {
  checkContent,
  type Descriptor,
  isBusy,
  loadSqlite,
  type Open,
  ProcessLock,
  type SqliteLibrary,
} from "@tranship/core";
import { GrowingContent } from "./growing-content.ts";
import type { HeldContent } from "./held-content.ts";
import { KeptFile } from "./kept-file.ts";
import { isWrongContent } from "./wrong-content.ts";

/** What all of it may take on disk, in bytes. */
const DEFAULT_LIMIT = 10 * 1024 ** 3;
/** What stays free on the disk whatever the limit is, in bytes. */
const FREE_BYTES = 512 * 1024 ** 2;
/** What nobody came back for in so many ms goes. */
const KEPT_MS = 7 * 24 * 3_600_000;

const NAME = /^(sha256|sha512)-[0-9a-f]{64,128}$/;

/** How much a spool may take, and who is told where it takes nothing. */
export interface PersistentSpoolOptions {
  /** Bytes of disk at most, with what other processes keep in the same folder. Content for which there is no room is fetched again where it must be. Default 10 GiB. */
  readonly limit?: number | undefined;
  /** Bytes that stay free on the disk. Default 512 MiB. */
  readonly free?: number | undefined;
  /** Told once why content is not kept: no room, a full disk, a folder that can't be used. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** Content that is kept while it is sent. */
export interface KeptReading {
  /** Reads it from the file, which is filled from the source as fast as that gives it. */
  readonly open: Open;
  /** Ends it. `sent`: it is where it should be, and nobody needs the file any more. `wrong`: what the source gave is not the content. */
  end(how: "sent" | "wrong" | "kept"): Promise<void>;
}

/** An entry on disk. */
interface Kept {
  readonly name: string;
  readonly size: number;
  readonly changedMs: number;
}

/**
 * Big blobs on their way to registries that can't resume inside a blob, in a folder (0700): by digest, as far as they came, so that a process that was killed,
 * or a break, does not cost their bytes at the source again. One process works on one of them; another one goes without. It is safe against a kill at any instant: what is in a file is
 * checked when it is opened. What is older than a week is removed.
 */
export class PersistentSpool {
  readonly #folder: string;
  readonly #limit: number;
  readonly #free: number;
  readonly #onNotice: (message: string) => void;
  /** What this process works on, with what each will take. */
  readonly #reserved = new Map<string, number>();
  #ready: Promise<SqliteLibrary> | undefined;
  /** What failed pushes of this process have left for their next run, and to which targets. */
  readonly #left = new Map<string, Set<string>>();
  /** One at a time counts what there is, and takes its part. */
  #line: Promise<unknown> = Promise.resolve();
  #noticed = false;

  constructor(folder: string, options: PersistentSpoolOptions = {}) {
    const { limit = DEFAULT_LIMIT, free = FREE_BYTES, onNotice = () => {} } = options;
    this.#folder = folder;
    this.#limit = limit;
    this.#free = free;
    this.#onNotice = onNotice;
  }

  /** How a target reads content that it may have to read again; nothing is made before it does. Where it can't be kept, it is read from the source. */
  reading(descriptor: Descriptor, fetch: Open, target = ""): KeptReading {
    let opening: Promise<Held | undefined> | undefined;
    return {
      open: async (offset, signal) => {
        opening ??= this.#hold(descriptor, fetch);
        const held = await opening;
        return (held?.content.open ?? fetch)(offset, signal);
      },
      end: async (how) => {
        const held = await opening;
        if (held !== undefined) await this.#let(held, how, target);
        // A mount, another process or another tool brought the blob, and nothing was read.
        else if (how === "sent") await this.discard(descriptor, target);
      },
    };
  }

  /**
   * Fetches the whole of the content into a file, and verifies it. Undefined where it can't be kept: no room, a full disk, or
   * somebody works on that file.
   * @throws what the source threw; {StoreError} SIZE_MISMATCH, DIGEST_MISMATCH where it gave other bytes, which are removed.
   * @internal
   */
  async hold(descriptor: Descriptor, fetch: Open, signal?: AbortSignal): Promise<HeldContent | undefined> {
    const held = await this.#hold(descriptor, fetch);
    if (held === undefined) return undefined;
    try {
      await checkContent(await held.content.open(0, signal), descriptor);
    } catch (error) {
      await this.#let(held, isWrongContent(error) ? "wrong" : "kept");
      throw error;
    }
    if (held.content.failure === undefined) return { open: held.content.open, end: (how) => this.#let(held, how) };
    await this.#let(held, "wrong");
    return undefined;
  }

  /**
   * Removes what an earlier process kept of content that is where it should be. What a living process
   * works on stays, and what a push of this process to another target has left for its next run.
   * Cost: 1 stat where nothing was kept.
   */
  async discard({ digest }: Pick<Descriptor, "digest">, target = ""): Promise<void> {
    const name = digest.replace(":", "-");
    const discarding = this.#line.then(async () => {
      const targets = this.#left.get(name);
      targets?.delete(target);
      if (this.#reserved.has(name) || (targets?.size ?? 0) > 0) return;
      if ((await stat(this.#pathOf(name))).isFile()) await this.#remove(await loadSqlite(), name);
    });
    // What cannot be removed now goes after a week.
    this.#line = discarding.catch(() => {});
    await this.#line;
  }

  /** Removes what no living process works on. Gives what went. */
  async clear(): Promise<{ readonly files: number; readonly bytes: number }> {
    const sqlite = await loadSqlite();
    let [files, bytes] = [0, 0];
    for (const { name, size } of await this.#kept()) {
      if (!(await this.#remove(sqlite, name))) continue;
      files += 1;
      bytes += size;
    }
    return { files, bytes };
  }

  #hold(descriptor: Descriptor, fetch: Open): Promise<Held | undefined> {
    const holding = this.#line.then(() => this.#take(descriptor, fetch));
    this.#line = holding;
    return holding;
  }

  async #take({ digest, size }: Descriptor, fetch: Open): Promise<Held | undefined> {
    const name = digest.replace(":", "-");
    if (this.#reserved.has(name) || size > this.#limit) {
      if (size > this.#limit)
        this.#notice(`a blob of ${size} bytes is over the limit of the spool, ${this.#limit} bytes`);
      return undefined;
    }
    let lock: ProcessLock | undefined;
    try {
      this.#ready ??= this.#prepare();
      const sqlite = await this.#ready;
      lock = await ProcessLock.take(sqlite, this.#pathOf(`${name}.lock`));
      const room = await this.#makeRoom(sqlite, name, size);
      if (room === undefined) {
        const file = await KeptFile.open(this.#pathOf(name), size);
        this.#reserved.set(name, size);
        return { name, lock, content: new GrowingContent(size, async () => file, fetch) };
      }
      this.#notice(room);
    } catch (error) {
      if (lock === undefined && isBusy(error)) return undefined;
      this.#notice(error instanceof Error ? error.message : String(error));
    }
    lock?.release();
    return undefined;
  }

  async #let({ name, lock, content }: Held, how: "sent" | "wrong" | "kept", target = ""): Promise<void> {
    await content.close().catch(() => {});
    this.#reserved.delete(name);
    if (how === "kept") this.#left.set(name, (this.#left.get(name) ?? new Set()).add(target));
    else this.#left.delete(name);
    if (content.failure !== undefined) this.#notice(String(content.failure));
    if (how !== "kept" || content.failure !== undefined) await KeptFile.remove(this.#pathOf(name));
    lock.release();
    ProcessLock.removeUnlessHeld(await loadSqlite(), lock.path);
  }

  async #prepare(): Promise<SqliteLibrary> {
    const sqlite = await loadSqlite();
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const oldest = Date.now() - KEPT_MS;
    for (const { name, changedMs } of await this.#kept()) {
      if (changedMs < oldest) await this.#remove(sqlite, name);
    }
    return sqlite;
  }

  /** Removes what was kept longest until there is room. Gives why there is none. */
  async #makeRoom(sqlite: SqliteLibrary, name: string, size: number): Promise<string | undefined> {
    const others = (await this.#kept()).filter((kept) => kept.name !== name);
    let used = 0;
    for (const kept of others) used += Math.max(kept.size, this.#reserved.get(kept.name) ?? 0);
    for (const oldest of others.toSorted((one, other) => one.changedMs - other.changedMs)) {
      if (used + size <= this.#limit) break;
      if (!this.#reserved.has(oldest.name) && (await this.#remove(sqlite, oldest.name))) used -= oldest.size;
    }
    if (used + size > this.#limit)
      return `the spool has no room for ${size} bytes: ${used} of ${this.#limit} are taken`;
    const { bavail, bsize } = await statfs(this.#folder);
    const there = bavail * bsize;
    if (there - size < this.#free) return `the disk has no room for ${size} bytes: ${there} are free`;
    return undefined;
  }

  async #remove(sqlite: SqliteLibrary, name: string): Promise<boolean> {
    const path = this.#pathOf(`${name}.lock`);
    let lock: ProcessLock;
    try {
      lock = await ProcessLock.take(sqlite, path);
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    await KeptFile.remove(this.#pathOf(name));
    lock.release();
    ProcessLock.removeUnlessHeld(sqlite, path);
    return true;
  }

  async #kept(): Promise<readonly Kept[]> {
    const kept: Kept[] = [];
    for (const name of await unlessMissing(readdir(this.#folder), [])) {
      if (!NAME.test(name)) continue;
      const found = await unlessMissing(stat(this.#pathOf(name)), undefined);
      if (found !== undefined) kept.push({ name, size: found.size, changedMs: found.mtimeMs });
    }
    return kept;
  }

  #pathOf(name: string): string {
    return join(this.#folder, name);
  }

  #notice(why: string): void {
    if (this.#noticed) return;
    this.#noticed = true;
    this.#onNotice(`What a registry can't resume is not kept on disk, and is fetched again after a break: ${why}`);
  }
}

interface Held {
  readonly name: string;
  readonly lock: ProcessLock;
  readonly content: GrowingContent;
}

async function unlessMissing<T, U>(found: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return otherwise;
    throw error;
  }
}
