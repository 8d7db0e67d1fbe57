import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rmdir, unlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseJson } from "../../content/parse-json.ts";
import { type Holder, isGone, machineId } from "./holder.ts";
import { readRegularFile } from "./regular-file.ts";
import { isSystemError } from "./system-error.ts";

/** How long another's lock may stay the same before it counts as left behind, in ms by the waiter's own clock. It is held for a few ms. */
const PATIENCE_MS = 30_000;
const POLL_MS = 5;
const MAX_MARK_BYTES = 4096;

/** A lock that is held. */
export interface HeldLock {
  /** Whether it is still ours: false after this process stood still for so long that another one broke the lock. Asked before each commit. */
  isHeld(): Promise<boolean>;
}

export interface FileLockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s; see PATIENCE_MS. */
  readonly patienceMs?: number | undefined;
}

/**
 * Runs the action while holding a lock file that every process on every machine respects that shares the directory.
 * The lock of a killed process is broken: at once where its process is known to be gone, else when it did not change for `patienceMs`.
 * Neither links nor advisory locks are used, so that it works on FAT and on network file systems.
 */
export async function withFileLock<T>(
  path: string,
  action: (lock: HeldLock) => Promise<T>,
  { signal, patienceMs = PATIENCE_MS }: FileLockOptions = {},
): Promise<T> {
  const mark = JSON.stringify({ token: randomUUID(), machine: await machineId(), pid: process.pid });
  await acquire(path, mark, patienceMs, signal);
  const isHeld = async (): Promise<boolean> => (await readMark(path)) === mark;
  try {
    return await action({ isHeld });
  } finally {
    if (await isHeld()) await unlink(path);
  }
}

async function acquire(path: string, mark: string, patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
  let seen: string | undefined;
  let seenSinceMs = 0;
  for (;;) {
    signal?.throwIfAborted();
    if (await create(path, mark)) return;
    const current = await readMark(path);
    if (current === undefined) continue;
    if (current !== seen) {
      seen = current;
      seenSinceMs = performance.now();
    }
    const unchangedMs = performance.now() - seenSinceMs;
    if (unchangedMs > patienceMs || (await isDead(current))) {
      // A second crash, in the middle of breaking the lock of the first, leaves the breaker's own mark behind.
      if (unchangedMs > 2 * patienceMs) await removeBreaker(path);
      await breakLock(path, current);
    }
    await pause(POLL_MS * (1 + 3 * Math.random()), signal);
  }
}

/** Makes the lock file. False where there is one. */
async function create(path: string, mark: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, "wx");
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
  try {
    await handle.writeFile(mark);
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
  return true;
}

/** What the lock file says; undefined where there is none. Empty for a moment while it is made, or for ever after a crash in that moment. */
async function readMark(path: string): Promise<string | undefined> {
  try {
    return await readRegularFile(path, MAX_MARK_BYTES);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Removes the lock that was seen, and no later one: only one process breaks at a time, and it looks again first. */
async function breakLock(path: string, seen: string): Promise<void> {
  try {
    await mkdir(`${path}.break`);
  } catch (error) {
    if (isSystemError(error, "EEXIST", "ENOENT")) return;
    throw error;
  }
  try {
    if ((await readMark(path)) === seen) await unlink(path);
  } finally {
    await removeBreaker(path);
  }
}

async function removeBreaker(path: string): Promise<void> {
  try {
    await rmdir(`${path}.break`);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** Whether the holder is surely gone. */
async function isDead(mark: string): Promise<boolean> {
  const holder = parseMark(mark);
  return holder !== undefined && (await isGone(holder));
}

function parseMark(mark: string): Holder | undefined {
  let value: unknown;
  try {
    value = parseJson(mark);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("machine" in value) || !("pid" in value)) return undefined;
  const { machine, pid } = value;
  if (typeof machine !== "string" || typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0)
    return undefined;
  return { machine, pid };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
