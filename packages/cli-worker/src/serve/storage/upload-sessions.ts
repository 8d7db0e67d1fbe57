import { randomUUID } from "node:crypto";
import { lstat, readdir, rmdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../api-error.ts";
import { isOwnFolder, makeOwnFolder } from "./own-folder.ts";
import { UploadSession } from "./upload-session.ts";

/** An upload that nobody wrote to for that long is given up. */
const STALE_MS = 7 * 24 * 60 * 60 * 1000;
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Sessions whose running hash is kept in memory; what is evicted is hashed again when it is committed. */
const MAX_REMEMBERED = 1024;

/** The uploads under way: `FOLDER/REPOSITORY/ID`, the repository's slashes written as "+". */
export class UploadSessions {
  readonly #root: string;
  readonly #folder: string;
  readonly #remembered = new Map<string, UploadSession>();

  /** @param root the folder that is served: absolute, without links. @param folder the one for uploads, below it. */
  constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
  }

  async start(repository: string): Promise<UploadSession> {
    const folder = this.#folderOf(repository);
    const id = randomUUID();
    const path = join(folder, id);
    await makeOwnFolder(this.#root, folder, `uploads of "${repository}"`);
    await writeFile(path, "", { flag: "wx" });
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
  }

  /** Removes the uploads that nobody wrote to for a week. */
  async removeStale(nowMs: number = Date.now()): Promise<void> {
    for (const repository of await namesIn(this.#folder)) {
      const folder = join(this.#folder, repository);
      if (!(await isOwnFolder(this.#root, folder))) continue;
      for (const id of await namesIn(folder)) {
        const path = join(folder, id);
        // What somebody else put there, or a request took away meanwhile, keeps nobody from starting.
        const found = SESSION_ID.test(id) ? await lstat(path).catch(() => undefined) : undefined;
        if (found?.isFile() === true && nowMs - found.mtimeMs > STALE_MS) await unlink(path).catch(() => undefined);
      }
      await rmdir(folder).catch(() => undefined);
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

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
