import { describe, expect, it } from "vitest";
import { blobOf, opening } from "../../../../../test/support/scripted-blobs.ts";
import { type ScriptedRequest, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { Open } from "../../store/store.ts";

const MIB = 1024 * 1024;
const BLOB = Buffer.alloc(4 * MIB, "a blob in chunks ");
const LATER = { status: 429, headers: { "retry-after": 60 } } as const;

/** Counts the streams that are open: neither at their end nor closed. */
function watched(open: Open): { readonly open: Open; readonly count: () => number } {
  const streams = new Set<object>();
  return {
    count: () => streams.size,
    open: async (offset, signal) => {
      const content = (await open(offset, signal))[Symbol.asyncIterator]();
      const stream: AsyncIterableIterator<Uint8Array> = {
        [Symbol.asyncIterator]: () => stream,
        async next() {
          const result = await content.next();
          if (result.done === true) streams.delete(stream);
          return result;
        },
        async return() {
          streams.delete(stream);
          return { done: true, value: undefined };
        },
      };
      streams.add(stream);
      return stream;
    },
  };
}

/** Refuses bodies over 1 MiB, so that the blob is sent in chunks. */
function isTooLong({ headers }: ScriptedRequest): boolean {
  return Number(headers["content-length"] ?? 0) > MIB;
}

describe("push() of a blob in chunks", () => {
  it.each<
    readonly [
      what: string,
      refuse: (setup: ScriptedSetup, request: ScriptedRequest) => Promise<typeof LATER | undefined>,
    ]
  >([
    [
      "its chunk is refused",
      async (_, request) => {
        await request.body();
        return LATER;
      },
    ],
    [
      "another request is refused between its chunks",
      async ({ registry }) => {
        const call = { retry: { attempts: 1 } };
        await expect(registry.repository("other").resolve("v1", call)).rejects.toMatchObject({ status: 429 });
        return undefined;
      },
    ],
  ])("holds no source while it waits as the registry asked: %s", async (_, refuse) => {
    const source = watched(opening(BLOB));
    const openInWaits: number[] = [];
    let chunks = 0;
    const sleep = async (ms: number): Promise<void> => {
      if (ms < 50_000) return;
      // A stream that was closed ends in a later turn.
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      openInWaits.push(source.count());
    };
    await using setup = await scriptedSetup(
      (request) => {
        if (request.path.includes("/other/")) return LATER;
        if (isTooLong(request)) return { status: 413 };
        if (request.method !== "PATCH") return undefined;
        chunks += 1;
        return chunks === 2 ? refuse(setup, request) : undefined;
      },
      { sleep },
    );
    expect(await setup.registry.repository("app").push(blobOf(BLOB), source.open)).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(openInWaits.length).toBeGreaterThan(0);
    expect(new Set(openInWaits)).toEqual(new Set([0]));
    expect(source.count()).toBe(0);
  });
});
