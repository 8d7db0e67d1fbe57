import { type FileHandle, open as openFile, readFile, writeFile } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** A block has a checksum of its own, so that what is there after a crash can be checked before the digest of the whole can. */
const BLOCK_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** The checksums (CRC-32) of the blocks of a file that grows, in a file beside it: a line for each block that is complete, the last one shorter. */
export class BlockSums {
  readonly #path: string;
  readonly #size: number;
  #sum = 0;
  #summed = 0;
  #file: Promise<FileHandle> | undefined;

  /** @param size bytes of the whole content. */
  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
  }

  /** How many bytes at the start of the file are as they were written; the rest is forgotten. Reads the file whole. */
  async verify(file: FileHandle): Promise<number> {
    const known = await readLines(this.#path);
    const right: string[] = [];
    let length = 0;
    for (const line of known) {
      const end = Math.min(length + BLOCK_BYTES, this.#size);
      if (end === length || (await sumOf(file, length, end)) !== line) break;
      right.push(line);
      length = end;
    }
    await writeFile(this.#path, right.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    this.#sum = 0;
    this.#summed = length;
    return length;
  }

  /** Tells of bytes that were written after those before. */
  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(this.#size, this.#summed + BLOCK_BYTES - (this.#summed % BLOCK_BYTES));
      const part = bytes.subarray(at, at + end - this.#summed);
      this.#sum = crc32(part, this.#sum);
      at += part.length;
      this.#summed += part.length;
      if (this.#summed < end) continue;
      const line = lineOf(this.#sum);
      this.#sum = 0;
      this.#file ??= openFile(this.#path, "a", 0o600);
      await (await this.#file).write(`${line}\n`);
    }
  }

  async close(): Promise<void> {
    await (await this.#file)?.close();
    this.#file = undefined;
  }
}

/** The lines that were written whole. */
async function readLines(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Undefined where the file is shorter. */
async function sumOf(file: FileHandle, start: number, end: number): Promise<string | undefined> {
  let sum = 0;
  const buffer = new Uint8Array(READ_BYTES);
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return undefined;
    sum = crc32(buffer.subarray(0, bytesRead), sum);
    at += bytesRead;
  }
  return lineOf(sum);
}

function lineOf(sum: number): string {
  return sum.toString(16).padStart(8, "0");
}
