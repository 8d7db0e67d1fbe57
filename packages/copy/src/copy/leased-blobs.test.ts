import {
  type Descriptor,
  type Digest,
  type LeaseJournal,
  type LeaseOptions,
  MemoryJournal,
  MemoryStore,
  OCI_LAYER,
  Registry,
  type RegistryStore,
} from "@tranship/core";
import { describe, expect, it, vi } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { type Sample, sampleImage, seed } from "../../../../test/support/sample-image.ts";
import { failed, type Script, scriptedRegistry } from "../../../../test/support/scripted-registry.ts";
import type { CopyEvent } from "../events/events.ts";
import { CopyRun } from "../run/run.ts";
import { Writer } from "../run/writer.ts";
import { copy } from "./copy.ts";

const SHARED = { seed: "shared", size: 200_000, kind: "plain" } as const;
/** Two images with one layer in common, and one each of their own. */
const [FIRST, SECOND] = ["first", "second"].map((name) =>
  sampleImage({ seed: name, layers: [SHARED, { seed: name, size: 100_000, kind: "plain" }] }),
) as [Sample, Sample];
const SHARED_DIGEST = digestOf(FIRST, 200_000);
const OWN_DIGEST = digestOf(SECOND, 100_000);

function digestOf({ blobs }: Sample, size: number): Digest {
  const blob = blobs.find(({ descriptor }) => descriptor.size === size);
  if (blob === undefined) throw new Error(`the sample has no blob of ${size} bytes`);
  return blob.descriptor.digest;
}

/** One of the processes that copy to the registry. */
interface CopyingProcess {
  readonly source: RecordingStore;
  readonly events: CopyEvent[];
  readonly repository: (name: string) => RegistryStore;
  readonly run: CopyRun;
  copy(repository?: string, signal?: AbortSignal): ReturnType<typeof copy>;
  /** Resolves when one of its blobs waits for another process. */
  waits(): Promise<void>;
}

/** A registry, and processes with one journal that copy to it. */
async function setupOf(script?: Script) {
  const server = await scriptedRegistry(script);
  const journal = new MemoryJournal();
  const stack = new AsyncDisposableStack();
  stack.use(server);
  return {
    server,
    /** Bytes of a blob that were sent to the registry so many times. */
    commits: (digest: Digest): number =>
      server.log.filter((line) => line.startsWith("PUT ") && line.includes(encodeURIComponent(digest))).length,
    async process(image: Sample, leases?: (own: LeaseJournal) => LeaseJournal): Promise<CopyingProcess> {
      const peer = journal.peer();
      const shared = leases === undefined ? peer : Object.assign(peer, { leases: leases(peer.leases) });
      const registry = new Registry({
        host: server.host,
        plainHttp: true,
        journal: shared,
        retry: { attempts: 2, baseDelayMs: 1 },
      });
      stack.defer(() => registry.close());
      const source = new RecordingStore(new MemoryStore("source"));
      await seed(source, image, "v1");
      source.calls.length = 0;
      // One big blob at a time: who waits in a slot lets nothing else go.
      const run = new CopyRun({ blobs: 1 });
      const events: CopyEvent[] = [];
      const said = Promise.withResolvers<void>();
      const onEvent = (event: CopyEvent): void => {
        events.push(event);
        if (event.type === "notice") said.resolve();
      };
      const repository = (name: string): RegistryStore => registry.repository(name);
      return {
        source,
        events,
        repository,
        run,
        waits: () => said.promise,
        copy: (name = "app", signal) =>
          copy(
            { store: source, reference: "v1" },
            { store: repository(name), reference: image === FIRST ? "first" : "second" },
            { run, onEvent, signal },
          ),
      };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Holds up the PUT of the shared blob, the first time. */
function holdingUp(): { readonly script: Script; readonly begun: Promise<void>; readonly release: () => void } {
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isFirst = true;
  return {
    begun: begun.promise,
    release: () => released.resolve(),
    script: async ({ method, path }) => {
      if (method !== "PUT" || !path.includes(encodeURIComponent(SHARED_DIGEST)) || !isFirst) return undefined;
      isFirst = false;
      begun.resolve();
      await released.promise;
      return undefined;
    },
  };
}

describe("copy() of a blob that another process sends to the same registry", () => {
  it("waits for it without a slot and without its source, says so once, and finds it there", async () => {
    const { script, begun, release } = holdingUp();
    const ownIsThere = Promise.withResolvers<void>();
    await using setup = await setupOf(async (request) => {
      if (request.method === "PUT" && request.path.includes(encodeURIComponent(OWN_DIGEST))) ownIsThere.resolve();
      return script(request);
    });
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND)];
    const copying = first.copy();
    await begun;
    const waiting = second.copy();
    // The only slot of the second process is free for its other blob.
    await ownIsThere.promise;
    release();
    await copying;
    expect(await waiting).toMatchObject({ outcome: "copied", moved: { count: 3 }, skipped: { count: 1 } });
    expect(setup.commits(SHARED_DIGEST)).toBe(1);
    expect(second.source.about("fetch")).not.toContain(SHARED_DIGEST);
    expect(second.events.filter(({ type }) => type === "notice")).toMatchObject([
      { message: `Another process sends blobs to "${setup.server.host}": they are waited for, and not sent again` },
    ]);
  });

  it("waits for it where it goes to another repository, and mounts it from there", async () => {
    const { script, begun, release } = holdingUp();
    await using setup = await setupOf(script);
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND)];
    const copying = first.copy("one");
    await begun;
    const waiting = second.copy("two");
    await second.waits();
    release();
    await copying;
    expect(await waiting).toMatchObject({ outcome: "copied", mounted: { count: 1 } });
    expect(setup.commits(SHARED_DIGEST)).toBe(1);
  });

  it("sends it where the other process fails", async () => {
    const { script, begun, release } = holdingUp();
    let refusals = 0;
    await using setup = await setupOf(async (request) => {
      await script(request);
      if (request.method !== "PUT" || !request.path.includes(encodeURIComponent(SHARED_DIGEST))) return undefined;
      refusals += 1;
      return refusals === 1 ? failed(403, "DENIED") : undefined;
    });
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND)];
    const copying = first.copy();
    await begun;
    const waiting = second.copy();
    await second.waits();
    release();
    await expect(copying).rejects.toMatchObject({ code: "DENIED" });
    expect(await waiting).toMatchObject({ outcome: "copied", moved: { count: 4 } });
  });

  it("sends it where the other process is interrupted", async () => {
    const { script, begun, release } = holdingUp();
    await using setup = await setupOf(script);
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND)];
    const abort = new AbortController();
    const copying = first.copy("app", abort.signal);
    await begun;
    const waiting = second.copy();
    await second.waits();
    abort.abort(new Error("stop"));
    await expect(copying).rejects.toThrow("stop");
    expect(await waiting).toMatchObject({ outcome: "copied", moved: { count: 4 } });
    release();
  });

  it("ends the wait where its signal is aborted, and nothing else", async () => {
    const { script, begun, release } = holdingUp();
    await using setup = await setupOf(script);
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND)];
    const copying = first.copy();
    await begun;
    const abort = new AbortController();
    const reason = new Error("stop");
    const waiting = second.copy("app", abort.signal);
    await second.waits();
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    release();
    expect(await copying).toMatchObject({ outcome: "copied" });
  });

  it("sends it too where the journal fails", async () => {
    const { script, begun, release } = holdingUp();
    await using setup = await setupOf(script);
    const broken = (own: LeaseJournal): LeaseJournal => ({
      acquire: () => Promise.reject(new Error("disk full")),
      renew: (...asked) => own.renew(...asked),
      release: (...asked) => own.release(...asked),
      held: () => own.held(),
    });
    const [first, second] = [await setup.process(FIRST), await setup.process(SECOND, broken)];
    const copying = first.copy();
    await begun;
    expect(await second.copy()).toMatchObject({ outcome: "copied", moved: { count: 4 } });
    release();
    await copying;
    expect(setup.commits(SHARED_DIGEST)).toBe(2);
  });
});

it.each([
  ["a minute, and what 64 KiB per second take", 200_000, 63_051],
  ["15 minutes at most", 1024 * 1024 * 1024, 900_000],
])("copy() sends a blob that another process holds for longer than %s", async (_, size, longest) => {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const waits: number[] = [];
  const target = Object.assign(new RecordingStore(new MemoryStore("target")), {
    lease: async () => "held" as const,
    leaseFreed: async (_blob: Descriptor, { waitMs = 0 }: LeaseOptions) => {
      waits.push(Math.floor(waitMs));
      now += waitMs;
    },
  });
  target.before = ({ method }) => {
    if (method === "push") throw new Error("it is sent");
  };
  const call = { signal: new AbortController().signal };
  const writer = new Writer(target, { run: new CopyRun(), call, sourceName: "source" });
  const blob = { mediaType: OCI_LAYER, digest: OWN_DIGEST, size };
  await expect(writer.pushBlob(blob, () => Promise.reject(), {})).rejects.toThrow("it is sent");
  expect(waits).toEqual([longest]);
  clock.mockRestore();
});

describe("copy() with a journal that no other process uses", () => {
  /** What was asked for, and whether it was given. */
  function counting(): { readonly asked: [string, boolean][]; readonly leases: (own: LeaseJournal) => LeaseJournal } {
    const asked: [string, boolean][] = [];
    return {
      asked,
      leases: (own) => ({
        acquire: async (name, term) => {
          const lease = await own.acquire(name, term);
          asked.push([name, lease !== undefined]);
          return lease;
        },
        renew: (...renewed) => own.renew(...renewed),
        release: (...released) => own.release(...released),
        held: () => own.held(),
      }),
    };
  }

  it("waits for nothing where it mounts one blob into many repositories at once", async () => {
    const { asked, leases } = counting();
    await using setup = await setupOf();
    const only = await setup.process(FIRST, leases);
    await Promise.all(Array.from({ length: 10 }, (_, number) => only.copy(`app-${number}`)));
    expect(asked.filter(([, isGiven]) => !isGiven)).toEqual([]);
    expect(setup.commits(SHARED_DIGEST)).toBe(1);
    expect(asked.filter(([name]) => name.endsWith(SHARED_DIGEST))).toHaveLength(10);
  });

  it("holds no lease once it is over", async () => {
    const { asked, leases } = counting();
    await using setup = await setupOf();
    const journals: LeaseJournal[] = [];
    const only = await setup.process(FIRST, (own) => {
      journals.push(own);
      return leases(own);
    });
    await only.copy();
    expect(asked).toHaveLength(2);
    expect(await journals[0]?.held()).toEqual([]);
  });

  it("acquires no lease for blobs of at most 4 KiB", async () => {
    const { asked, leases } = counting();
    await using setup = await setupOf();
    const layers = [4096, 4097].map((size) => ({ seed: `${size}`, size, kind: "plain" as const }));
    const image = sampleImage({ layers });
    const only = await setup.process(image, leases);
    await only.copy();
    expect(asked).toEqual([[expect.stringContaining(digestOf(image, 4097)), true]]);
  });
});
