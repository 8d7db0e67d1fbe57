import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, digestOf, MemoryStore, OCI_LAYER, type Open } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../../test/support/sample-image.ts";
import { holdContent } from "./hold-content.ts";
import { PersistentSpool, type PersistentSpoolOptions } from "./persistent-spool.ts";

const source = new MemoryStore("source");
const MIB = 1024 * 1024;

/** A source of bytes that counts how often it is opened. */
function giving(bytes: Uint8Array, descriptor = describeBytes(bytes)) {
  const opened: number[] = [];
  const fetch: Open = async (offset) => {
    opened.push(offset);
    return (async function* () {
      for (let at = offset; at < bytes.length; at += 100_000) yield bytes.slice(at, at + 100_000);
    })();
  };
  return { descriptor, fetch, opened };
}

function describeBytes(bytes: Uint8Array): Descriptor {
  return { mediaType: OCI_LAYER, digest: digestOf(bytes), size: bytes.length };
}

async function read(open: Open): Promise<string> {
  return digestOf(Buffer.concat(await Array.fromAsync(await open(0))));
}

async function spoolIn(): Promise<
  AsyncDisposable & { readonly path: string; another(options?: PersistentSpoolOptions): PersistentSpool }
> {
  const folder = await mkdtempDisposable(join(tmpdir(), "tranship-hold-test-"));
  const path = join(folder.path, "spool");
  return {
    path,
    another: (options) => new PersistentSpool(path, options),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe("holdContent()", () => {
  it.each([
    ["without a state directory", undefined],
    ["in the state directory", {}],
    ["where that has no room for it", { limit: 10 }],
  ] as const)("brings the whole of it here, which is read again without the source: %s", async (_, options) => {
    await using folder = await spoolIn();
    for (const size of [0, 1000, 3 * MIB]) {
      const { descriptor, fetch, opened } = giving(sampleBytes(size));
      const spool = options === undefined ? undefined : folder.another(options);
      const held = await holdContent(descriptor, fetch, { source, spool });
      const before = opened.length;
      expect(before).toBeLessThanOrEqual(1);
      for (let time = 0; time < 2; time += 1) expect(await read(held.open)).toBe(descriptor.digest);
      expect(opened).toHaveLength(before);
      await held.end("sent");
    }
    expect(await readdir(folder.path).catch(() => [])).toEqual([]);
  });

  it("keeps it for the next process, which reads nothing of the source", async () => {
    await using folder = await spoolIn();
    const { descriptor, fetch, opened } = giving(sampleBytes(2 * MIB));
    const held = await holdContent(descriptor, fetch, { source, spool: folder.another() });
    await held.end("kept");
    const again = await holdContent(descriptor, fetch, { source, spool: folder.another() });
    expect(await read(again.open)).toBe(descriptor.digest);
    expect(opened).toEqual([0]);
    await again.end("sent");
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("holds nothing where the source gives other bytes", async () => {
    await using folder = await spoolIn();
    const { descriptor, fetch } = giving(sampleBytes(2 * MIB, "other"), describeBytes(sampleBytes(2 * MIB)));
    for (const spool of [undefined, folder.another()])
      await expect(holdContent(descriptor, fetch, { source, spool })).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
      });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("rejects with the signal's reason", async () => {
    const { descriptor, fetch } = giving(sampleBytes(3 * MIB));
    const reason = new Error("enough");
    await expect(holdContent(descriptor, fetch, { source, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
