import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type LeaseReader, leasesOf, lentContent, ownLease } from "../../bytes/lease.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { StoreError } from "../../errors/errors.ts";
import { reading } from "../storage-failure.ts";
import type { Open } from "../store.ts";
import { isGone, machineId } from "./holder.ts";
import { isSystemError } from "./system-error.ts";
import { PARTIAL_SUFFIX, type PartialFile, type Workspace } from "./workspace.ts";

/** A blob that is shorter is fetched again sooner than it is worth keeping a part of. */
const KEEP_FROM = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** A link that somebody put there is not followed, and a pipe not waited for. */
const APPEND = constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A blob's file that is not whole yet, and is ours alone; what is written to it goes to its end. */
export interface Draft extends PartialFile {
  /** Bytes that an earlier writer left in it. Nobody has checked them. */
  readonly kept: number;
}

/**
 * The begun files of big blobs, which a later writer goes on with. A file's name is its blob's digest and who writes it: machine, process, and a mark of its own. To rename one
 * is to take it, which only one of several can. It is taken from a process that is gone, or that left it; never from one that may still write to it.
 */
export class Drafts {
  readonly #workspace: Workspace;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** A file to write the blob to: the longest that was left of it, else a new one. */
  async begin(descriptor: Descriptor): Promise<Draft> {
    const found = descriptor.size < KEEP_FROM ? undefined : await this.#takeLongest(descriptor);
    return found ?? this.beginAnew(descriptor);
  }

  async beginAnew({ digest }: Descriptor): Promise<Draft> {
    return { ...(await this.#workspace.createAs(await ownName(digest))), kept: 0 };
  }

  /** Ends the work on one that got no name: it stays for the next writer where it should and is of use, else it goes. */
  async leave({ path, handle }: Draft, { digest, size }: Descriptor, isWorthKeeping: boolean): Promise<void> {
    const length = await handle.stat().then(
      (found) => found.size,
      () => 0,
    );
    await handle.close().catch(() => undefined);
    const isKept = isWorthKeeping && size >= KEEP_FROM && length > 0;
    const ending = isKept ? rename(path, join(this.#workspace.path, leftName(digest))) : unlink(path);
    await ending.catch(() => undefined);
  }

  async #takeLongest({ digest, size }: Descriptor): Promise<Draft | undefined> {
    await this.#workspace.use(() => this.#workspace.sweep());
    const left: { readonly path: string; readonly length: number }[] = [];
    for (const name of await unlessGone(readdir(this.#workspace.path), [])) {
      if (!(await isLeft(name, digest))) continue;
      const path = join(this.#workspace.path, name);
      const found = await unlessGone(stat(path), undefined);
      if (found !== undefined) left.push({ path, length: found.size });
    }
    const [longest, ...others] = left.toSorted((one, other) => other.length - one.length);
    for (const { path } of others) await unlessGone(unlink(path), undefined);
    return longest && unlessGone(this.#take(longest.path, { digest, size }), undefined);
  }

  /** Undefined where it is no file of ours to write to. */
  async #take(from: string, { digest, size }: Pick<Descriptor, "digest" | "size">): Promise<Draft | undefined> {
    const path = join(this.#workspace.path, await ownName(digest));
    await rename(from, path);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, APPEND);
      const found = await handle.stat();
      // A second name would be somebody else's file.
      if (found.isFile() && found.nlink === 1 && found.size > 0 && found.size <= size) {
        return { path, handle, kept: found.size };
      }
    } catch (error) {
      if (!isSystemError(error, "ELOOP", "EMLINK", "ENXIO", "EISDIR", "EACCES", "EPERM")) throw error;
    }
    await handle?.close();
    await unlink(path).catch(() => undefined);
    return undefined;
  }
}

/** What is in the file, then what the source has after it; the source is opened when the file was read. @param name what messages call the layout. */
export function resumedContent(
  { handle, kept }: Draft,
  openRest: Open,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal | undefined },
): AsyncIterable<Uint8Array> {
  let position = 0;
  let rest: LeaseReader | undefined;
  return lentContent({
    async read() {
      signal?.throwIfAborted();
      if (position < kept) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, kept - position));
        const { bytesRead } = await reading(name, () => handle.read(buffer, 0, buffer.length, position));
        if (bytesRead === 0) throw new StoreError("SIZE_MISMATCH", `Cannot go on in "${name}": a file got shorter`);
        position += bytesRead;
        return ownLease(buffer.subarray(0, bytesRead));
      }
      rest ??= leasesOf(await openRest(kept, signal));
      return rest.read();
    },
    async close() {
      await rest?.close();
    },
  });
}

function leftName(digest: string): string {
  return `${digest.replace(":", "-")}${PARTIAL_SUFFIX}`;
}

async function ownName(digest: string): Promise<string> {
  return `${digest.replace(":", "-")}.${await machineMark()}.${process.pid}.${randomUUID()}${PARTIAL_SUFFIX}`;
}

/** Whether it is a part of this blob that nobody writes to. */
async function isLeft(name: string, digest: string): Promise<boolean> {
  const stem = digest.replace(":", "-");
  if (name === leftName(digest)) return true;
  if (!name.startsWith(`${stem}.`)) return false;
  const [, mark, pid] = name.slice(stem.length).split(".");
  if (mark !== (await machineMark()) || !/^[1-9][0-9]{0,9}$/.test(pid ?? "")) return false;
  return isGone({ machine: await machineId(), pid: Number(pid) });
}

/** The machine in a form that a name of a file can have. */
async function machineMark(): Promise<string> {
  return createHash("sha256")
    .update(await machineId())
    .digest("hex")
    .slice(0, 16);
}

async function unlessGone<T>(step: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return otherwise;
    throw error;
  }
}
