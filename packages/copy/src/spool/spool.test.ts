import { access, mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, digestOf, MemoryStore, OCI_LAYER, type Open } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { turns } from "../../../../test/support/recording-store.ts";
import { sampleBytes } from "../../../../test/support/sample-image.ts";
import { FanOut } from "./fan-out.ts";
import { Spool } from "./spool.ts";

const source = new MemoryStore("source");
const BIG = 3 * 1024 * 1024 + 17;

/** Content that is fetched piece by piece as it is let go, and counts how often. */
function fetching(bytes: Uint8Array, pieceBytes = 100_000) {
  const descriptor: Descriptor = { mediaType: OCI_LAYER, digest: digestOf(bytes), size: bytes.length };
  const state = { fetches: 0, sent: 0, gate: Promise.resolve() as Promise<unknown>, failAt: Number.POSITIVE_INFINITY };
  const fetch: Open = async (offset) => {
    state.fetches += 1;
    return (async function* () {
      for (let at = offset; at < bytes.length; at += pieceBytes) {
        await state.gate;
        if (at >= state.failAt) throw new Error("broken");
        state.sent = Math.min(at + pieceBytes, bytes.length);
        yield bytes.slice(at, at + pieceBytes);
      }
    })();
  };
  return { descriptor, fetch, state };
}

/** How so many targets read it. */
function readers(fanOut: FanOut, descriptor: Descriptor, fetch: Open): readonly [Open, Open, ...Open[]] {
  const [first, second, ...others] = fanOut.feeds.map((feed) => feed.open(descriptor, fetch));
  if (first === undefined || second === undefined) throw new Error("two targets at least");
  return [first, second, ...others];
}

async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(content));
}

describe("FanOut", () => {
  it.each([
    ["in memory", 100_000],
    ["in a file", BIG],
  ])("fetches content once for all targets, from any offset, %s", async (_, size) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-test-"));
    await using spool = new Spool({ parent: folder.path });
    const bytes = sampleBytes(size);
    const { descriptor, fetch, state } = fetching(bytes);
    const { feeds } = new FanOut(spool, source, 3);
    const opens = feeds.map((feed) => feed.open(descriptor, fetch));
    const read3 = await Promise.all(opens.map(async (open, at) => read(await open(at * 1000))));
    for (const [at, got] of read3.entries()) expect(got.equals(bytes.subarray(at * 1000))).toBe(true);
    expect(state.fetches).toBe(1);
    for (const feed of feeds) await feed.done(descriptor.digest);
    const left = await readdir(folder.path);
    for (const name of left) expect(await readdir(join(folder.path, name))).toEqual([]);
  });

  it("keeps several contents that are begun at once in files of their own", async () => {
    await using spool = new Spool();
    const fanOut = new FanOut(spool, source, 2);
    const contents = ["one", "two", "three"].map((name) => fetching(sampleBytes(BIG, name)));
    const begun = contents.map(async ({ descriptor, fetch }) => {
      const [first, second] = readers(fanOut, descriptor, fetch);
      return Promise.all([read(await first(0)), read(await second(0))]);
    });
    for (const [at, got] of (await Promise.all(begun)).entries()) {
      const digests = got.map((bytes) => digestOf(bytes));
      expect(digests).toEqual([contents[at]?.descriptor.digest, contents[at]?.descriptor.digest]);
    }
  });

  it("lets a fast target go on while another one reads nothing", async () => {
    await using spool = new Spool();
    const bytes = sampleBytes(BIG);
    const { descriptor, fetch, state } = fetching(bytes);
    const [fast, slow] = readers(new FanOut(spool, source, 2), descriptor, fetch);
    const slowContent = (await slow(0))[Symbol.asyncIterator]();
    await slowContent.next();
    expect((await read(await fast(0))).equals(bytes)).toBe(true);
    expect(state.fetches).toBe(1);
    const rest: Uint8Array[] = [];
    for (let next = await slowContent.next(); next.done !== true; next = await slowContent.next())
      rest.push(next.value);
    expect(Buffer.concat(rest).equals(bytes.subarray(bytes.length - Buffer.concat(rest).length))).toBe(true);
  });

  it("keeps content for a target that comes later, and not for one that has ended", async () => {
    await using spool = new Spool();
    const { descriptor, fetch, state } = fetching(sampleBytes(1000));
    const fanOut = new FanOut(spool, source, 3);
    const [first, second, third] = fanOut.feeds;
    const [openFirst, openSecond] = readers(fanOut, descriptor, fetch);
    await read(await openFirst(0));
    await first?.done(descriptor.digest);
    await third?.end();
    await read(await openSecond(0));
    expect(state.fetches).toBe(1);
    await second?.done(descriptor.digest);
    // All have had it: who reads it again fetches it.
    await read(await openSecond(0));
    expect(state.fetches).toBe(2);
  });

  it("lets each target fetch by itself where there is no room", async () => {
    await using spool = new Spool({ limit: 10 });
    const { descriptor, fetch, state } = fetching(sampleBytes(1000));
    for (const feed of new FanOut(spool, source, 2).feeds) await read(await feed.open(descriptor, fetch)(0));
    expect(state.fetches).toBe(2);
  });

  it("keeps nothing of a source that is on this machine", async () => {
    await using spool = new Spool();
    const { descriptor, fetch, state } = fetching(sampleBytes(1000));
    const local = Object.assign(new MemoryStore("local"), { isLocal: true });
    for (const open of readers(new FanOut(spool, local, 2), descriptor, fetch)) await read(await open(0));
    expect(state.fetches).toBe(2);
  });

  it("fails every reader where the fetch fails, and fetches anew for the next", async () => {
    await using spool = new Spool();
    const bytes = sampleBytes(BIG);
    const { descriptor, fetch, state } = fetching(bytes);
    state.failAt = 500_000;
    const opens = readers(new FanOut(spool, source, 2), descriptor, fetch);
    const failing = await Promise.allSettled(opens.map(async (open) => read(await open(0))));
    expect(failing.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    state.failAt = Number.POSITIVE_INFINITY;
    expect((await read(await opens[0](0))).equals(bytes)).toBe(true);
  });

  it("ends a reading by its own signal, and the fetch when nobody wants it any more", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-test-"));
    const spool = new Spool({ parent: folder.path });
    const { descriptor, fetch, state } = fetching(sampleBytes(BIG));
    const fanOut = new FanOut(spool, source, 2);
    state.gate = turns(3);
    const controller = new AbortController();
    const reading = read(await readers(fanOut, descriptor, fetch)[0](0, controller.signal));
    controller.abort(new Error("stop"));
    await expect(reading).rejects.toThrow("stop");
    for (const feed of fanOut.feeds) await feed.end();
    const sent = state.sent;
    await turns();
    expect(state.sent).toBe(sent);
    await spool[Symbol.asyncDispose]();
    await expect(access(folder.path)).resolves.toBeUndefined();
    expect(await readdir(folder.path)).toEqual([]);
  });
});
