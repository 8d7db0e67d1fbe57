import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { blobOf } from "../../../../../../test/support/scripted-blobs.ts";
import { lentContent } from "../../../bytes/lease.ts";
import type { HashChooser } from "../../../digest/choose-hash.ts";
import { HashWorker } from "../../../digest/hash-worker.ts";
import { KnownContent } from "./known-content.ts";
import type { KnownPart } from "./known-part.ts";

/** A machine that has cores to spare, whatever runs beside this. */
vi.mock(import("node:os"), async (original) => ({
  ...(await original()),
  availableParallelism: () => 8,
  loadavg: () => [0.5, 0.5, 0.5],
}));

const MIB = 1024 * 1024;
const BLOB = Buffer.alloc(20 * MIB, "tranship ");

/** A source that remembers where it was opened, and how many bytes it gave. */
function source(bytes: Uint8Array, piece = 100_000) {
  const seen = { opened: [] as number[], given: 0, closed: 0 };
  const open = async (offset: number): Promise<AsyncIterable<Uint8Array>> => {
    seen.opened.push(offset);
    return (async function* () {
      try {
        for (let at = offset; at < bytes.length; at += piece) {
          const next = bytes.subarray(at, at + piece);
          seen.given += next.length;
          yield next;
        }
      } finally {
        seen.closed += 1;
      }
    })();
  };
  return { seen, open };
}

async function read(part: KnownPart): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(part.body()));
}

/** Takes some of a part, as a connection that breaks. */
async function readSome(part: KnownPart, bytes: number): Promise<void> {
  let read = 0;
  for await (const piece of part.body()) {
    read += piece.length;
    if (read >= bytes) return;
  }
}

describe("KnownContent", () => {
  it("gives parts one after the other from one stream, which it closes", async () => {
    const { seen, open } = source(BLOB);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => false });
    const parts: Buffer[] = [];
    for (let offset = 0; offset < BLOB.length; offset += 3 * MIB)
      parts.push(await read(content.partAt(offset, 3 * MIB)));
    expect(Buffer.concat(parts).equals(BLOB)).toBe(true);
    expect(seen).toEqual({ opened: [0], given: BLOB.length, closed: 1 });
  });

  it("gives the right bytes for any order of parts, broken and repeated ones too", async () => {
    const small = BLOB.subarray(0, 5000);
    const anyParts = fc.array(
      fc.record({ offset: fc.nat(4999), length: fc.integer({ min: 1, max: 3000 }), taken: fc.nat(2000) }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(anyParts, fc.integer({ min: 1, max: 700 }), async (parts, piece) => {
        const { open } = source(small, piece);
        const content = new KnownContent(blobOf(small), open, { isChecked: () => false });
        for (const { offset, length, taken } of parts) {
          const part = content.partAt(offset, length);
          await readSome(part, taken);
          expect(await read(part)).toEqual(small.subarray(offset, offset + length));
          expect(part.sent).toBe(offset + part.length);
        }
        expect(Buffer.concat([await read(content.partAt(0, 5000))])).toEqual(small);
        await content.close();
      }),
    );
  });

  it("goes on after a break from a mark before it, and still finds wrong bytes", async () => {
    const wrong = Buffer.from(BLOB);
    wrong[1] = 0;
    const { seen, open } = source(wrong);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => true });
    await readSome(content.partAt(0, BLOB.length), 10 * MIB);
    const rest = content.partAt(9.5 * MIB, BLOB.length);
    await expect(read(rest)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(rest.failure?.cause).toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(seen.opened[1]).toBeGreaterThan(8 * MIB);
    expect(seen.opened[1]).toBeLessThanOrEqual(9.5 * MIB);
  });

  it("opens far inside only where the registry checks the digest, else it hashes what is before", async () => {
    const trusting = source(BLOB);
    const checked = new KnownContent(blobOf(BLOB), trusting.open, { isChecked: () => true });
    expect((await read(checked.partAt(19 * MIB, MIB))).equals(BLOB.subarray(19 * MIB))).toBe(true);
    expect(trusting.seen.opened).toEqual([19 * MIB]);
    const careful = source(BLOB);
    const unchecked = new KnownContent(blobOf(BLOB), careful.open, { isChecked: () => false });
    expect((await read(unchecked.partAt(19 * MIB, MIB))).equals(BLOB.subarray(19 * MIB))).toBe(true);
    expect(careful.seen.opened).toEqual([0]);
  });

  it.each([
    ["SIZE_MISMATCH", BLOB.subarray(0, -1)],
    ["SIZE_MISMATCH", Buffer.concat([BLOB, Buffer.from([0])])],
    ["DIGEST_MISMATCH", Buffer.concat([BLOB.subarray(0, -1), Buffer.from([0])])],
  ])("holds the last piece back, and ends in %s", async (code, bytes) => {
    const { open } = source(bytes);
    const part = new KnownContent(blobOf(BLOB), open, { isChecked: () => true }).partAt(0, BLOB.length);
    await expect(read(part)).rejects.toMatchObject({ code });
    expect(part.sent).toBeLessThan(BLOB.length);
  });

  it("closes its stream when a body is let go", async () => {
    const { seen, open } = source(BLOB);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => true });
    await readSome(content.partAt(0, 4 * MIB), MIB);
    expect(seen.closed).toBe(1);
  });
});

/** As `source`, in pieces of shared memory that are overwritten as soon as they are released; `before` is called before each. */
function lending(bytes: Uint8Array, before: (at: number) => unknown = () => {}) {
  const seen = { opened: [] as number[], out: 0 };
  const open = async (offset: number): Promise<AsyncIterable<Uint8Array>> => {
    seen.opened.push(offset);
    let at = offset;
    return lentContent({
      async read() {
        await before(at);
        if (at >= bytes.length) return undefined;
        const piece = Buffer.from(new SharedArrayBuffer(Math.min(MIB, bytes.length - at)));
        piece.set(bytes.subarray(at, at + piece.length));
        at += piece.length;
        seen.out += 1;
        const release = (): void => {
          seen.out -= 1;
          piece.fill(0);
        };
        return { bytes: piece, isOwn: false, release };
      },
      async close() {},
    });
  };
  return { seen, open };
}

describe("KnownContent that is hashed by a thread", () => {
  const worker = new HashWorker();
  const hashing = (by = worker): HashChooser => ({
    begin: () => by.start(blobOf(BLOB).digest) ?? expect.fail("no thread"),
    close() {},
  });

  it("gives every byte, and lets all go", async () => {
    const { seen, open } = lending(BLOB);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => false, hashing: hashing() });
    const parts = [await read(content.partAt(0, 7 * MIB)), await read(content.partAt(7 * MIB, BLOB.length))];
    expect(Buffer.concat(parts).equals(BLOB)).toBe(true);
    await content.close();
    expect(seen).toEqual({ opened: [0], out: 0 });
    expect(worker.hashes).toBe(0);
  });

  it("goes on after a break from a mark before it, and finds wrong bytes before the last piece is given", async () => {
    const wrong = Buffer.from(BLOB);
    wrong[1] = 0;
    const { seen, open } = lending(wrong);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => true, hashing: hashing() });
    await readSome(content.partAt(0, BLOB.length), 10 * MIB);
    const rest = content.partAt(9.5 * MIB, BLOB.length);
    await expect(read(rest)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(rest.sent).toBeLessThan(BLOB.length);
    expect(seen.opened[1]).toBeGreaterThan(8 * MIB);
    await content.close();
    expect(seen.out).toBe(0);
    expect(worker.hashes).toBe(0);
  });

  it.each([
    ["right", BLOB, undefined],
    ["wrong", Buffer.concat([BLOB.subarray(0, -1), Buffer.from([0])]), "DIGEST_MISMATCH"],
  ])("reads it once more where the thread ended in the middle: %s", async (_, bytes, code) => {
    const ending = new HashWorker();
    const { seen, open } = lending(bytes, (at) => (at === 8 * MIB ? ending.close() : undefined));
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => true, hashing: hashing(ending) });
    const whole = read(content.partAt(0, BLOB.length));
    if (code === undefined) expect((await whole).equals(BLOB)).toBe(true);
    else await expect(whole).rejects.toMatchObject({ code });
    await content.close();
    expect(seen).toEqual({ opened: [0, 0], out: 0 });
  });

  it("is hashed so by itself where it is big, one after the other, and big no more once it is closed", async () => {
    const started = vi.spyOn(HashWorker.prototype, "start");
    const { seen, open } = lending(BLOB);
    for (let n = 1; n <= 4; n += 1) {
      const big = { ...blobOf(BLOB), size: 64 * MIB };
      const content = new KnownContent(big, open, { isChecked: () => true });
      await readSome(content.partAt(0, big.size), MIB);
      await content.close();
      expect(started).toHaveBeenCalledTimes(n);
    }
    while (seen.out > 0) await new Promise((resolve) => setImmediate(resolve));
    started.mockRestore();
  });

  it("lets all go where a body is given up in the middle", async () => {
    const { seen, open } = lending(BLOB);
    const content = new KnownContent(blobOf(BLOB), open, { isChecked: () => true, hashing: hashing() });
    await readSome(content.partAt(0, BLOB.length), 3 * MIB);
    await content.close();
    while (seen.out > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(worker.hashes).toBe(0);
    await worker.close();
  });
});
