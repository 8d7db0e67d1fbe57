import { rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import { reading, writing } from "../storage-failure.ts";
import { withFileLock } from "./file-lock.ts";
import { EMPTY_LAYOUT_INDEX, formatLayoutIndex, type LayoutIndex, parseLayoutIndex } from "./layout-index.ts";
import type { LayoutPlace } from "./layout-place.ts";
import { realPathInside } from "./link-roots.ts";
import { fileState, readRegularFile } from "./regular-file.ts";
import { isSystemError } from "./system-error.ts";
import type { Workspace } from "./workspace.ts";

/** In bytes: some hundred thousand entries. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/** Two writes of a file so close to each other may have the same time: FAT counts in steps of 2 s. */
const SETTLED_MS = 3000;

/** A change, and what became of it. */
interface Wanted {
  readonly change: IndexChange;
  made: { readonly error?: unknown } | undefined;
}

/** Gives the new index, or the one that it got where nothing changes. */
export type IndexChange = (index: LayoutIndex) => LayoutIndex | Promise<LayoutIndex>;

/** The file index.json, and the only way that it changes. Spec: image-spec v1.1.1, "OCI Image Layout Specification", "index.json file". */
export class IndexFile {
  readonly #path: string;
  readonly #name: string;
  /** Folders that the file may be in, should it be a link; none: a link is refused. */
  readonly #allowed: readonly string[];
  readonly #workspace: Workspace;
  /** Changes of this process wait for one another here, and not by asking for the lock again and again. */
  #last: Promise<unknown> = Promise.resolve();
  /** Changes that are wanted and not made: whoever's turn it is makes all of them, so that many at once cost one new file. */
  readonly #wanted = new Set<Wanted>();
  /** What was read last, and of which file. */
  #known: { readonly id: string; readonly index: LayoutIndex } | undefined;

  constructor({ root, name, linkRoots = [] }: LayoutPlace, workspace: Workspace) {
    this.#path = join(root, "index.json");
    this.#name = name;
    this.#allowed = linkRoots.length === 0 ? [] : [root, ...linkRoots];
    this.#workspace = workspace;
  }

  /**
   * The file as it is: it is looked at each time, and parsed where it is another one than the last time.
   * @throws {StoreError} LAYOUT_INVALID where it is missing, malformed or no regular file; STORAGE.
   */
  async read(): Promise<LayoutIndex> {
    const index = await reading(this.#name, () => this.#readIfThere());
    if (index !== undefined) return index;
    throw new StoreError("LAYOUT_INVALID", `Cannot read "index.json" of "${this.#name}": it is missing`);
  }

  /** Makes an empty one unless there is one. */
  async create({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#exclusive(async (isHeld) => {
      if ((await this.#readIfThere()) !== undefined) return true;
      return this.#replace(EMPTY_LAYOUT_INDEX, isHeld);
    }, signal);
  }

  /**
   * Reads, changes and replaces the file while no other writer does, in this process or another one. A reader sees the old file or the new one.
   * It is on the disk before it gets its name. Changes that wait at the same time are made together, in their order.
   * @throws {StoreError} as `read`.
   */
  async update(change: IndexChange, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const wanted: Wanted = { change, made: undefined };
    this.#wanted.add(wanted);
    try {
      await this.#exclusive(
        (isHeld) => this.#makeWanted(isHeld),
        signal,
        () => wanted.made !== undefined,
      );
    } finally {
      this.#wanted.delete(wanted);
    }
    if (wanted.made !== undefined && "error" in wanted.made) throw wanted.made.error;
  }

  /** Makes all changes that are wanted. One that fails leaves the others alone. */
  async #makeWanted(isHeld: () => Promise<boolean>): Promise<boolean> {
    const wanted = [...this.#wanted];
    const before = await this.read();
    let after = before;
    const failures = new Map<Wanted, { readonly error: unknown }>();
    for (const one of wanted) {
      try {
        after = await one.change(after);
      } catch (error) {
        failures.set(one, { error });
      }
    }
    if (after !== before && !(await this.#replace(after, isHeld))) return false;
    for (const one of wanted) {
      one.made = failures.get(one) ?? {};
      this.#wanted.delete(one);
    }
    return true;
  }

  /** Runs one step under the lock, again if it says that the lock was lost; not at all where it is needless when its turn comes. */
  async #exclusive(
    step: (isHeld: () => Promise<boolean>) => Promise<boolean>,
    signal: AbortSignal | undefined,
    isNeedless: () => boolean = () => false,
  ): Promise<void> {
    const before = this.#last;
    const turn = (async () => {
      await settled(before, signal);
      if (isNeedless()) return;
      await this.#refuseLink();
      const lock = join(this.#workspace.path, "index.lock");
      const attempt = () => withFileLock(lock, ({ isHeld }) => step(isHeld), { signal });
      try {
        while (!(await this.#workspace.use(attempt))) signal?.throwIfAborted();
      } finally {
        await this.#workspace.leave();
      }
    })();
    // One that is aborted while it waits ends at once; those behind it still wait for those before it.
    this.#last = Promise.allSettled([before, turn]);
    await writing(this.#name, () => turn);
  }

  /** False where the lock was lost and nothing was replaced. */
  async #replace(index: LayoutIndex, isHeld: () => Promise<boolean>): Promise<boolean> {
    const text = formatLayoutIndex(index);
    // Nobody could read it again.
    if (Buffer.byteLength(text) > MAX_INDEX_BYTES)
      throw new StoreError(
        "STORAGE",
        `Cannot write "index.json" of ${quoted(this.#name)}: it would have more than ${MAX_INDEX_BYTES} bytes`,
      );
    const { path, handle } = await this.#workspace.create();
    try {
      await handle.writeFile(text);
      await handle.datasync();
      await handle.close();
      if (await isHeld()) {
        await rename(path, this.#path);
        return true;
      }
    } catch (error) {
      await handle.close();
      await unlink(path);
      throw error;
    }
    await unlink(path);
    return false;
  }

  async #readIfThere(): Promise<LayoutIndex | undefined> {
    try {
      const path = await this.#readablePath();
      const before = await fileState(path);
      if (this.#known?.id === before.id) return this.#known.index;
      const index = parseLayoutIndex(await readRegularFile(path, MAX_INDEX_BYTES), this.#name);
      const { id, writtenAtMs } = await fileState(path);
      const isOld = Math.abs(Date.now() - writtenAtMs) > SETTLED_MS;
      this.#known = id === before.id && isOld ? { id, index } : undefined;
      return index;
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async #readablePath(): Promise<string> {
    if (this.#allowed.length === 0) return this.#path;
    return (await realPathInside(this.#path, { allowed: this.#allowed, name: this.#name })) ?? this.#path;
  }

  /** A new file in the place of a link would change a layout that somebody else's tool made of links. */
  async #refuseLink(): Promise<void> {
    if (this.#allowed.length === 0 || (await this.#readablePath()) === this.#path) return;
    throw new StoreError("LINK_REFUSED", `Cannot change "index.json" of ${quoted(this.#name)}: it is a link`);
  }
}

/** Waits for a promise that does not fail, and no longer than until the signal. */
async function settled(promise: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
