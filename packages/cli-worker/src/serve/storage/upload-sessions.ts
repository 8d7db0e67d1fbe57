import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, rmdir, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApiError, systemCode } from "../api-error.ts";
import { isOwnFolder, makeOwnFolder } from "./own-folder.ts";
import { UploadSession } from "./upload-session.ts";

const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What a client is asked to wait, in s, where too many uploads are open. */
const RETRY_AFTER_S = "30";
const MAKE_ATTEMPTS = 3;
/** Sessions whose running hash is kept in memory; what is evicted is hashed again when it is committed. */
const MAX_REMEMBERED = 1024;

export interface UploadSessionsOptions {
  /** The folder that is served: absolute, without links. */
  readonly root: string;
  /** The one for uploads, below it. */
  readonly folder: string;
  /** Uploads that may be open. */
  readonly most: number;
}

/** The uploads under way: `FOLDER/REPOSITORY/ID`, the repository's slashes written as "+". */
export class UploadSessions {
  readonly #root: string;
  readonly #folder: string;
  readonly #most: number;
  readonly #remembered = new Map<string, UploadSession>();
  /** The files of the uploads that are open. */
  readonly #open = new Set<string>();
  /** Those whose file is not there yet. */
  readonly #starting = new Set<string>();
  #refreshing: Promise<void> | undefined;

  constructor({ root, folder, most }: UploadSessionsOptions) {
    this.#root = root;
    this.#folder = folder;
    this.#most = most;
  }

  /** @throws {ApiError} TOOMANYREQUESTS where too many are open. */
  async start(repository: string): Promise<UploadSession> {
    // What was removed behind the server's back is noticed when it matters.
    if (this.#open.size >= this.#most) await this.#refresh();
    if (this.#open.size >= this.#most) {
      const message = `Cannot start an upload: ${this.#open.size} are open, as many as may be`;
      throw new ApiError(429, "TOOMANYREQUESTS", message, { "retry-after": RETRY_AFTER_S });
    }
    const folder = this.#folderOf(repository);
    const id = randomUUID();
    const path = join(folder, id);
    this.#open.add(path);
    this.#starting.add(path);
    try {
      await this.#makeFile(folder, path, repository);
    } catch (error) {
      this.#open.delete(path);
      throw error;
    } finally {
      this.#starting.delete(path);
    }
    return this.#remember(new UploadSession(id, path));
  }

  /** The session, also one of an earlier process; undefined where there is none in that repository. */
  async find(repository: string, id: string): Promise<UploadSession | undefined> {
    if (!SESSION_ID.test(id)) return undefined;
    const folder = this.#folderOf(repository);
    if (!(await isOwnFolder(this.#root, folder))) return undefined;
    const path = join(folder, id);
    const session = this.#remembered.get(path) ?? new UploadSession(id, path);
    return (await session.size()) === undefined ? undefined : this.#remember(session);
  }

  /** To be called when a session was committed or removed. */
  forget(session: UploadSession): void {
    this.#remembered.delete(session.path);
    this.#open.delete(session.path);
    // The folder of its repository goes with the last one.
    rmdir(dirname(session.path)).catch(() => undefined);
  }

  /** Removes the uploads that nobody wrote to for so long, in ms, and the folders of those that are gone. */
  async removeStale(ageMs: number, nowMs: number = Date.now()): Promise<void> {
    for await (const path of this.#files()) {
      // What somebody else put there, or a request took away meanwhile, keeps nobody from starting.
      const found = await lstat(path).catch(() => undefined);
      if (found?.isFile() !== true || nowMs - found.mtimeMs <= ageMs) continue;
      if (this.#remembered.get(path)?.isHeld === true) continue;
      await unlink(path).catch(() => undefined);
      this.#remembered.delete(path);
    }
    for (const repository of await namesIn(this.#folder)) {
      const folder = join(this.#folder, repository);
      if (await isOwnFolder(this.#root, folder)) await rmdir(folder).catch(() => undefined);
    }
    await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshNow().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshNow(): Promise<void> {
    for await (const path of this.#files()) this.#open.add(path);
    for (const path of this.#open) {
      if (this.#starting.has(path)) continue;
      if (!(await lstat(path).then(isFile, () => false))) this.#open.delete(path);
    }
  }

  /** The files of uploads, in the folders that are the server's own. */
  async *#files(): AsyncGenerator<string, void, void> {
    for (const repository of await namesIn(this.#folder)) {
      const folder = join(this.#folder, repository);
      if (!(await isOwnFolder(this.#root, folder))) continue;
      for (const id of await namesIn(folder)) if (SESSION_ID.test(id)) yield join(folder, id);
    }
  }

  /** The folder may be taken away, as an empty one, between its making and that of the file. */
  async #makeFile(folder: string, path: string, repository: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await makeOwnFolder(this.#root, folder, `uploads of "${repository}"`);
      try {
        await writeFile(path, "", { flag: "wx" });
        return;
      } catch (error) {
        if (systemCode(error) !== "ENOENT" || attempt === MAKE_ATTEMPTS) throw error;
      }
    }
  }

  #folderOf(repository: string): string {
    return join(this.#folder, repository.replaceAll("/", "+"));
  }

  #remember(session: UploadSession): UploadSession {
    // Two requests may have looked the same session up at once; both must get the same object.
    const known = this.#remembered.get(session.path);
    if (known !== undefined) return known;
    this.#remembered.set(session.path, session);
    for (const [path, other] of this.#remembered) {
      if (this.#remembered.size <= MAX_REMEMBERED) break;
      if (!other.isHeld && other !== session) this.#remembered.delete(path);
    }
    return session;
  }
}

function isFile(found: Stats): boolean {
  return found.isFile();
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
