import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";

/**
 * The bytes that the files below a folder may have. What is added is counted; the folder is measured
 * when the count reaches the limit, since other programs may use it too.
 */
export class DiskQuota {
  readonly #root: string;
  readonly #most: number;
  #used: number;
  /** Bytes that were taken and may not be in a file yet. */
  #pending = 0;
  #measuring: Promise<void> | undefined;
  /** Whether something was removed since the folder was measured. */
  #outdated = false;

  private constructor(root: string, most: number, used: number) {
    this.#root = root;
    this.#most = most;
    this.#used = used;
  }

  /** @param most Infinity: no limit, and nothing is measured. */
  static async open(root: string, most: number): Promise<DiskQuota> {
    return new DiskQuota(root, most, most === Number.POSITIVE_INFINITY ? 0 : await sizeBelow(root));
  }

  /** Counts bytes that are about to be written. @throws {ApiError} DENIED where they are too many. */
  async take(bytes: number): Promise<void> {
    await this.#look(bytes);
    // Without a pause in between: others wait for the same look.
    this.#refuse(bytes);
    this.#used += bytes;
    this.#pending += bytes;
  }

  /** Bytes that were taken are in a file now, or will not come. */
  written(bytes: number): void {
    this.#pending -= bytes;
  }

  /** @throws {ApiError} DENIED where so many bytes more would be too many. */
  async refuseOver(bytes: number): Promise<void> {
    await this.#look(bytes);
    this.#refuse(bytes);
  }

  /** Something was removed. */
  removed(): void {
    this.#outdated = true;
  }

  /** Counts again what is there. */
  async measure(): Promise<void> {
    if (this.#most === Number.POSITIVE_INFINITY) return;
    this.#measuring ??= this.#measureNow().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  /** Measures the folder where that may show room for the bytes. */
  async #look(bytes: number): Promise<void> {
    if (this.#used + bytes <= this.#most) return;
    if (this.#outdated || this.#measuring !== undefined) await this.measure();
  }

  #refuse(bytes: number): void {
    if (this.#used + bytes <= this.#most) return;
    const message = `Cannot store ${bytes} bytes: the registry may take ${this.#most} bytes, and ${this.#used} are in use`;
    throw new ApiError(403, "DENIED", message);
  }

  async #measureNow(): Promise<void> {
    this.#outdated = false;
    const [before, pending] = [this.#used, this.#pending];
    const found = await sizeBelow(this.#root);
    // What was being written, or came meanwhile, may have been seen or not: it counts.
    this.#used = found + pending + this.#used - before;
  }
}

/** Bytes of the files below a folder; one with several names counts once, a link not at all. */
async function sizeBelow(root: string): Promise<number> {
  const counted = new Set<number>();
  let bytes = 0;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      if (!entry.isFile()) continue;
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined || counted.has(found.ino)) continue;
      if (found.nlink > 1) counted.add(found.ino);
      bytes += found.size;
    }
  }
  return bytes;
}
