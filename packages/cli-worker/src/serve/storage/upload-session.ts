import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, stat, unlink } from "node:fs/promises";
import { algorithmOf, type Digest, type DigestAlgorithm } from "@tranship/core";
import { AppendFile } from "./append-file.ts";

/** Bytes of one read where a file is hashed again. */
const READ_BYTES = 1024 * 1024;

/** How far the bytes were hashed while they came in. */
interface RunningHash {
  readonly algorithm: DigestAlgorithm;
  readonly hash: Hash;
  size: number;
}

/** Who writes to a session. */
interface Holder {
  readonly interrupt: () => void;
  readonly released: Promise<void>;
}

/** A session while it is held: nobody else writes to it. */
export interface HeldSession {
  /** Bytes that are in the file. */
  size(): Promise<number>;
  /**
   * Appends the bytes, hashing them on the way. What came before the body broke off is kept. Returns how many came.
   * @throws what the body throws; the error of the file system.
   */
  append(body: AsyncIterable<Uint8Array>, algorithm: DigestAlgorithm): Promise<number>;
  /** Whether the bytes have the digest. Reads the file only where they were not all hashed as they came: after a restart, or with another algorithm. */
  matches(digest: Digest): Promise<boolean>;
}

/**
 * One upload: a file that grows. Its size is the state, so that a new process goes on where an earlier one was killed.
 * Spec: distribution-spec v1.1.1, "Pushing blobs".
 */
export class UploadSession {
  readonly id: string;
  readonly path: string;
  #holder: Holder | undefined;
  #appending: AppendFile | undefined;
  #running: RunningHash | undefined;

  constructor(id: string, path: string) {
    this.id = id;
    this.path = path;
  }

  /** Whether a request writes to it. */
  get isHeld(): boolean {
    return this.#holder !== undefined;
  }

  /** Bytes that arrived so far and are in the file; undefined where the session is gone. */
  async size(): Promise<number | undefined> {
    // A broken disk is the writer's to report; the size is true nevertheless.
    await this.#appending?.flush().catch(() => undefined);
    try {
      // A link would let an upload write to another file.
      const found = await lstat(this.path);
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Runs `work` as the only writer. Whoever wrote until now is interrupted and waited for: a client that comes back does so because its
   * earlier connection is dead, even where nobody has told this side.
   * @param interrupt ends this writer when the next one comes.
   * @returns undefined where the session is gone.
   */
  async hold<T>(interrupt: () => void, work: (session: HeldSession) => Promise<T>): Promise<T | undefined> {
    while (this.#holder !== undefined) {
      this.#holder.interrupt();
      await this.#holder.released;
    }
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    this.#holder = { interrupt, released };
    try {
      if ((await this.size()) === undefined) return undefined;
      return await work({
        size: async () => (await stat(this.path)).size,
        append: (body, algorithm) => this.#append(body, algorithm),
        matches: (digest) => this.#matches(digest),
      });
    } finally {
      this.#holder = undefined;
      release();
    }
  }

  /** Forgets the bytes. */
  async remove(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }

  async #append(body: AsyncIterable<Uint8Array>, algorithm: DigestAlgorithm): Promise<number> {
    const before = (await stat(this.path)).size;
    if (before === 0) this.#running = { algorithm, hash: createHash(algorithm), size: 0 };
    const running = this.#running?.size === before ? this.#running : undefined;
    // Back once all is in the file: after a disk that failed it would stand for bytes that are not there.
    this.#running = undefined;
    const file = new AppendFile(this.path);
    this.#appending = file;
    let count = 0;
    try {
      for await (const piece of body) {
        running?.hash.update(piece);
        count += piece.length;
        await file.write(piece);
      }
    } finally {
      this.#appending = undefined;
      await file.close();
      if (running !== undefined) {
        running.size += count;
        this.#running = running;
      }
    }
    return count;
  }

  async #matches(digest: Digest): Promise<boolean> {
    const algorithm = algorithmOf(digest);
    const running = this.#running;
    const { size } = await stat(this.path);
    const isHashed = running?.algorithm === algorithm && running.size === size;
    const hash = isHashed ? running.hash.copy() : createHash(algorithm);
    if (!isHashed) {
      for await (const piece of createReadStream(this.path, { highWaterMark: READ_BYTES })) hash.update(piece);
    }
    return digest === `${algorithm}:${hash.digest("hex")}`;
  }
}
