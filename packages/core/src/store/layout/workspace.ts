import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, mkdir, open, readdir, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../../errors/errors.ts";
import { isSystemError } from "./system-error.ts";

/** The folder in a layout for what is not finished; the spec lets a layout hold more than its own files, and other tools look at those only. */
export const WORKSPACE_NAME = ".tranship";

/** What ends the name of a file that is being written, or waits to be written on. */
export const PARTIAL_SUFFIX = ".partial";
/** A file that was not written to for that long was left by a crash. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** How often the folder may go between making and using it before something else must be wrong. */
const ATTEMPTS = 100;

/** A file that is being written; the writer renames or removes it. */
export interface PartialFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Where content is written before it gets its name: on the same file system, out of sight of every reader. It is there only while it is used. */
export class Workspace {
  readonly path: string;
  #swept = false;

  /** @param root the layout's real path. */
  constructor(root: string) {
    this.path = join(root, WORKSPACE_NAME);
  }

  /** Makes an empty file of its own. The first one also removes what crashed writers left a day ago or more. */
  async create(): Promise<PartialFile> {
    return this.createAs(`${randomUUID()}${PARTIAL_SUFFIX}`);
  }

  /** As `create`, under a name that nobody else has. What is written goes to the end. */
  async createAs(name: string): Promise<PartialFile> {
    const path = join(this.path, name);
    const handle = await this.use(async () => {
      await this.sweep();
      return open(path, "ax+");
    });
    return { path, handle };
  }

  /** Removes, the first time, what nobody wrote to for a day. */
  async sweep(): Promise<void> {
    if (!this.#swept) await this.#sweep();
    this.#swept = true;
  }

  /** Does something that needs the folder, which another process may remove whenever it is empty. */
  async use<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#make();
      try {
        return await action();
      } catch (error) {
        if (!isSystemError(error, "ENOENT") || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Removes the folder unless someone still works in it. Nothing is lost where that fails, so what else failed is not hidden by it. */
  async leave(): Promise<void> {
    await rmdir(this.path).catch(() => undefined);
  }

  async #make(): Promise<void> {
    try {
      await mkdir(this.path);
    } catch (error) {
      if (!isSystemError(error, "EEXIST")) throw error;
      // A link here would make us write, and tidy up, in a folder that somebody else chose.
      const found = await lstat(this.path).catch(() => undefined);
      if (found === undefined || found.isDirectory()) return;
      throw new StoreError("LAYOUT_INVALID", `Cannot write to "${this.path}": it is not a folder; remove it`);
    }
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (!name.endsWith(PARTIAL_SUFFIX)) continue;
      const path = join(this.path, name);
      try {
        const { mtimeMs } = await stat(path);
        if (Date.now() - mtimeMs > ABANDONED_MS) await unlink(path);
      } catch (error) {
        if (!isSystemError(error, "ENOENT")) throw error;
      }
    }
  }
}
