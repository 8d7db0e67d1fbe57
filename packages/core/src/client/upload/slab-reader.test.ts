import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlabReader } from "./slab-reader.ts";

async function* stream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}

describe("SlabReader", () => {
  it("gives the bytes of any stream in slabs of the wanted length, and knows the last one", async () => {
    const anyPieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyPieces, fc.integer({ min: 1, max: 30 }), async (pieces, length) => {
        const whole = Buffer.concat(pieces);
        const reader = new SlabReader(stream(pieces));
        const slabs: Buffer[] = [];
        for (;;) {
          await reader.fill(length);
          slabs.push(Buffer.from(reader.bytes));
          const given = slabs.reduce((sum, slab) => sum + slab.length, 0);
          expect(reader.ended).toBe(given === whole.length);
          if (reader.ended) break;
          expect(reader.bytes.length).toBe(length);
          reader.clear();
        }
        expect(Buffer.concat(slabs)).toEqual(whole);
      }),
    );
  });

  it("keeps what is there when more is wanted, and leaves no listener", async () => {
    const { signal } = new AbortController();
    const reader = new SlabReader(stream([Buffer.from("abcdef"), Buffer.from("gh")]), signal);
    await reader.fill(2);
    await reader.fill(5);
    expect(Buffer.from(reader.bytes).toString()).toBe("abcde");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("fails with what the stream throws as the cause", async () => {
    const reader = new SlabReader(
      (async function* () {
        yield Buffer.from("a");
        throw new Error("the disk is gone");
      })(),
    );
    await expect(reader.fill(4)).rejects.toMatchObject({
      name: "ContentFailure",
      cause: expect.objectContaining({ message: "the disk is gone" }),
    });
  });

  it("ends at once when it is aborted, though the stream gives nothing, and leaves no listener", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const silent = { next: () => new Promise<never>(() => {}) };
    const filling = new SlabReader(silent, abort.signal).fill(4);
    abort.abort(reason);
    await expect(filling).rejects.toBe(reason);
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  });

  it("closes the stream where it did not end, once", async () => {
    let closed = 0;
    const pieces = stream([Buffer.from("abc")]);
    const reader = new SlabReader({
      next: () => pieces.next(),
      return: async () => {
        closed += 1;
        return pieces.return();
      },
    });
    await reader.fill(1);
    await reader.close();
    await reader.close();
    expect(closed).toBe(1);
  });
});
