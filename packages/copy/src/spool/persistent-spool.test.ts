import { createHash } from "node:crypto";
import { once } from "node:events";
import { type FileHandle, mkdtempDisposable, open as openFile, readdir, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Open, verified } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { BigBlob } from "../../../../test/support/big-blob.ts";
import { smallDisk, smallDiskObstacle } from "../../../../test/support/small-disk.ts";
import { type KeptReading, PersistentSpool, type PersistentSpoolOptions } from "./persistent-spool.ts";

const obstacle = await smallDiskObstacle();
if (obstacle !== undefined) console.warn(`Skipped: the test of a full disk (${obstacle})`);

const MIB = 1024 * 1024;
const BLOB = new BigBlob(20 * MIB);
const NAME = BLOB.descriptor.digest.replace(":", "-");

/** A source that says from where it was read, and when it has given all. One that hangs gives nothing from there on. */
function source(blob = BLOB, hangsAt = Number.POSITIVE_INFINITY) {
  const offsets: number[] = [];
  const given = Promise.withResolvers<void>();
  const fetch: Open = async (offset, signal) => {
    offsets.push(offset);
    return (async function* () {
      let at = offset;
      for await (const piece of blob.from(offset)) {
        at += piece.length;
        if (at > hangsAt && signal !== undefined) await once(signal, "abort");
        signal?.throwIfAborted();
        if (at >= blob.descriptor.size) given.resolve();
        yield piece;
      }
    })();
  };
  return { fetch, offsets, given: given.promise };
}

/** Reads up to so many bytes of it, then lets go. */
async function readSome(reading: KeptReading, bytes: number): Promise<void> {
  let read = 0;
  for await (const piece of await reading.open(0)) {
    read += piece.length;
    if (read >= bytes) break;
  }
}

/** Reads it from an offset to its end; the digest of what came. */
async function readRest(reading: KeptReading, offset = 0): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of await reading.open(offset)) hash.update(piece);
  return `sha256:${hash.digest("hex")}`;
}

interface Bench extends AsyncDisposable {
  readonly folder: string;
  readonly notices: string[];
  /** As another process has one. */
  spool(options?: PersistentSpoolOptions): PersistentSpool;
}

async function bench(folder?: string): Promise<Bench> {
  const temporary = await mkdtempDisposable(join(tmpdir(), "tranship-kept-"));
  const path = folder ?? join(temporary.path, "spool");
  const notices: string[] = [];
  return {
    folder: path,
    notices,
    spool: (options) => new PersistentSpool(path, { onNotice: (message) => notices.push(message), ...options }),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

async function changed(path: string, change: (file: FileHandle) => Promise<unknown>): Promise<void> {
  await using file = await openFile(path, "r+");
  await change(file);
}

describe("PersistentSpool", () => {
  it("goes on after the blocks that came to an earlier process", async () => {
    await using b = await bench();
    const first = b.spool().reading(BLOB.descriptor, source(BLOB, 17.5 * MIB).fetch);
    await readSome(first, 17.5 * MIB);
    await first.end("kept");
    expect((await readdir(b.folder)).toSorted()).toEqual([NAME, `${NAME}.sums`]);
    expect((await stat(join(b.folder, NAME))).mode & 0o777).toBe(0o600);

    const { fetch, offsets } = source();
    const again = b.spool().reading(BLOB.descriptor, fetch);
    expect(await readRest(again)).toBe(BLOB.descriptor.digest);
    // The block that was not complete is read again.
    expect(offsets).toEqual([17 * MIB]);
    await again.end("sent");
    expect(await readdir(b.folder)).toEqual([]);
    expect(b.notices).toEqual([]);
  });

  it("fetches nothing again in the same process, from any offset", async () => {
    await using b = await bench();
    const { fetch, offsets } = source();
    const reading = b.spool().reading(BLOB.descriptor, fetch);
    await readSome(reading, 5 * MIB);
    expect(await readRest(reading)).toBe(BLOB.descriptor.digest);
    const tail = createHash("sha256");
    for await (const piece of BLOB.from(7 * MIB)) tail.update(piece);
    expect(await readRest(reading, 7 * MIB)).toBe(`sha256:${tail.digest("hex")}`);
    expect(offsets).toEqual([0]);
    await reading.end("sent");
  });

  it("is filled as fast as the source gives it, while who reads it does nothing", async () => {
    await using b = await bench();
    const { fetch, offsets, given } = source();
    const reading = b.spool().reading(BLOB.descriptor, fetch);
    const pieces = (await reading.open(0))[Symbol.asyncIterator]();
    await pieces.next();
    await given;
    await reading.end("kept");
    await expect(pieces.next()).rejects.toThrow("closed");
    const again = b.spool().reading(BLOB.descriptor, fetch);
    expect(await readRest(again)).toBe(BLOB.descriptor.digest);
    // The piece that was given last may have come too late.
    expect(offsets.slice(1).every((offset) => offset >= 19 * MIB)).toBe(true);
    await again.end("sent");
  });

  it("keeps nothing of content that was wrong", async () => {
    await using b = await bench();
    const reading = b.spool().reading(BLOB.descriptor, source().fetch);
    await readSome(reading, MIB);
    await reading.end("wrong");
    expect(await readdir(b.folder)).toEqual([]);
  });

  it("gives what is before the offset to the file too, where a target goes on behind it", async () => {
    await using b = await bench();
    const { fetch, offsets } = source();
    const reading = b.spool().reading(BLOB.descriptor, fetch);
    const tail = createHash("sha256");
    for await (const piece of BLOB.from(12 * MIB)) tail.update(piece);
    expect(await readRest(reading, 12 * MIB)).toBe(`sha256:${tail.digest("hex")}`);
    expect(await readRest(reading)).toBe(BLOB.descriptor.digest);
    expect(offsets).toEqual([0]);
    await reading.end("sent");
  });

  it.each([
    ["a block with another byte", (file: FileHandle) => file.write("x", 9 * MIB + 5), 9 * MIB],
    ["a file that was cut", (file: FileHandle) => file.truncate(15 * MIB - 1), 14 * MIB],
    ["a file that is empty", (file: FileHandle) => file.truncate(0), 0],
    ["a file that is too long", (file: FileHandle) => file.write("x", 30 * MIB), 20 * MIB],
  ])("does not believe %s", async (_, change, offset) => {
    await using b = await bench();
    const first = b.spool().reading(BLOB.descriptor, source().fetch);
    await readRest(first);
    await first.end("kept");
    await changed(join(b.folder, NAME), change);
    const { fetch, offsets } = source();
    const again = b.spool().reading(BLOB.descriptor, fetch);
    const pieces = verified(await again.open(0), BLOB.descriptor);
    for await (const piece of pieces) expect(piece.length).toBeGreaterThan(0);
    expect(offsets).toEqual(offset === 20 * MIB ? [] : [offset]);
    await again.end("sent");
  });

  it("removes what an earlier process kept of a blob that came another way, and frees its room", async () => {
    await using b = await bench();
    const blobs = [new BigBlob(8 * MIB), new BigBlob(9 * MIB)];
    for (const blob of blobs) {
      const reading = b.spool().reading(blob.descriptor, source(blob).fetch);
      await readSome(reading, 2 * MIB);
      await reading.end("kept");
    }
    expect(await readdir(b.folder)).toHaveLength(4);
    const spool = b.spool({ limit: 20 * MIB });
    const { fetch, offsets } = source(blobs[0]);
    // A mount: nobody reads it.
    await spool.reading(blobs[0]?.descriptor ?? BLOB.descriptor, fetch).end("sent");
    expect(await readdir(b.folder)).toHaveLength(2);
    await spool.discard(blobs[1]?.descriptor ?? BLOB.descriptor);
    expect(await readdir(b.folder)).toEqual([]);
    expect(offsets).toEqual([]);
    const whole = spool.reading(BLOB.descriptor, source().fetch);
    expect(await readRest(whole)).toBe(BLOB.descriptor.digest);
    expect((await readdir(b.folder)).length).toBeGreaterThan(0);
    await whole.end("sent");
    expect(b.notices).toEqual([]);
  });

  it("keeps what another process works on, and what a push of this one left for the next run", async () => {
    await using b = await bench();
    const [one, other] = [b.spool(), b.spool()];
    const working = one.reading(BLOB.descriptor, source().fetch, "b");
    await readSome(working, 2 * MIB);
    await other.discard(BLOB.descriptor);
    await one.discard(BLOB.descriptor);
    expect(await readdir(b.folder)).toContain(NAME);
    await working.end("kept");
    // Another target has it now; the one that failed needs it still.
    await one.reading(BLOB.descriptor, source().fetch, "c").end("sent");
    expect(await readdir(b.folder)).toContain(NAME);
    // Then that one has it too, brought by another tool.
    await one.reading(BLOB.descriptor, source().fetch, "b").end("sent");
    expect(await readdir(b.folder)).toEqual([]);
  });

  it("makes no folder for what is not kept", async () => {
    await using b = await bench();
    await b.spool().discard(BLOB.descriptor);
    await expect(readdir(b.folder)).rejects.toThrow("ENOENT");
    expect(b.notices).toEqual([]);
  });

  it("lets one work on a blob, and others go without", async () => {
    await using b = await bench();
    const [one, other] = [source(), source()];
    const first = b.spool().reading(BLOB.descriptor, one.fetch);
    await readSome(first, 2 * MIB);
    const second = b.spool().reading(BLOB.descriptor, other.fetch);
    expect(await readRest(second)).toBe(BLOB.descriptor.digest);
    await second.end("sent");
    expect(await readRest(first)).toBe(BLOB.descriptor.digest);
    expect(one.offsets).toEqual([0]);
    await first.end("sent");
  });

  it("removes what was kept longest where there is no room, and keeps nothing where that is not enough", async () => {
    await using b = await bench();
    const [old, young] = [new BigBlob(8 * MIB), new BigBlob(9 * MIB)];
    for (const blob of [old, young]) {
      const reading = b.spool().reading(blob.descriptor, source(blob).fetch);
      await readRest(reading);
      await reading.end("kept");
    }
    const oldName = old.descriptor.digest.replace(":", "-");
    await utimes(join(b.folder, oldName), 1, Date.now() / 1000 - 60);
    const spool = b.spool({ limit: 29 * MIB });
    const reading = spool.reading(BLOB.descriptor, source().fetch);
    await readSome(reading, MIB);
    expect((await readdir(b.folder)).filter((name) => !name.includes("."))).not.toContain(oldName);
    expect(await readdir(b.folder)).toContain(young.descriptor.digest.replace(":", "-"));
    const third = new BigBlob(10 * MIB);
    const other = spool.reading(third.descriptor, source(third).fetch);
    expect(await readRest(other)).toBe(third.descriptor.digest);
    await other.end("sent");
    expect(b.notices).toEqual([expect.stringContaining("no room for 10485760 bytes")]);
    await reading.end("kept");
  });

  it("keeps no blob over its limit, and says so", async () => {
    await using b = await bench();
    const { fetch, offsets } = source();
    const reading = b.spool({ limit: 10 * MIB }).reading(BLOB.descriptor, fetch);
    expect(await readRest(reading)).toBe(BLOB.descriptor.digest);
    await reading.end("sent");
    expect(offsets).toEqual([0]);
    expect(b.notices).toEqual([expect.stringContaining("over the limit of the spool")]);
  });

  it("removes what is older than a week when it is opened, and clears the rest when it is told", async () => {
    await using b = await bench();
    const [old, young] = [new BigBlob(MIB), new BigBlob(2 * MIB)];
    for (const blob of [old, young]) {
      const reading = b.spool().reading(blob.descriptor, source(blob).fetch);
      await readRest(reading);
      await reading.end("kept");
    }
    const week = Date.now() / 1000 - 8 * 86_400;
    await utimes(join(b.folder, old.descriptor.digest.replace(":", "-")), week, week);
    const spool = b.spool();
    const reading = spool.reading(BLOB.descriptor, source().fetch);
    await readSome(reading, MIB);
    expect(await spool.clear()).toEqual({ files: 1, bytes: 2 * MIB });
    // What is worked on stays.
    expect((await readdir(b.folder)).filter((name) => !name.includes("."))).toEqual([NAME]);
    await reading.end("sent");
    expect(await readdir(b.folder)).toEqual([]);
  });

  it("goes on without where the folder can't be used", async () => {
    await using b = await bench("/proc/version/spool");
    const reading = b.spool().reading(BLOB.descriptor, source().fetch);
    expect(await readRest(reading)).toBe(BLOB.descriptor.digest);
    await reading.end("sent");
    expect(b.notices).toHaveLength(1);
  });

  it.skipIf(obstacle !== undefined)("goes on without where the disk is full, and leaves it to others", async () => {
    await using disk = await smallDisk(12 * MIB);
    await using b = await bench(join(disk.dir, "spool"));
    const { fetch, offsets } = source();
    const reading = b.spool({ free: -Infinity }).reading(BLOB.descriptor, fetch);
    expect(await readRest(reading)).toBe(BLOB.descriptor.digest);
    // From where it was, the reader goes on by itself.
    expect(offsets).toHaveLength(2);
    expect(offsets[1]).toBeGreaterThan(0);
    await reading.end("kept");
    expect(await readdir(b.folder)).toEqual([]);
    expect(b.notices).toEqual([expect.stringContaining("ENOSPC")]);
  });
});
