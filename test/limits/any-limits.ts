import { randomBytes } from "node:crypto";
import { CopyRun, copy, FanOut, Spool } from "@tranship/copy";
import type { LaneChoice, RegistryOptions, RegistryStore } from "@tranship/core";
import fc from "fast-check";
import { expect } from "vitest";
import { sampleImage } from "../support/sample-image.ts";
import { SlowRegistry } from "./slow-registry.ts";

/** Limits, targets and slowness of one copy. */
export interface Limits {
  /** Connections to the source, and to each of the targets. */
  readonly source: number;
  readonly targets: readonly number[];
  readonly concurrency: number;
  readonly blobs: number;
  /** Bytes of each layer. */
  readonly layers: readonly number[];
  /**
   * `one`: each blob is fetched once, for all targets. `each`: once for each target. `within`: from
   * one repository of the first target to another.
   */
  readonly way: "one" | "each" | "within";
  readonly lane: LaneChoice;
  /** Bytes of the chunks in which the targets take blobs. Default: in one PUT. */
  readonly chunkSize: number | undefined;
  /**
   * What a big body takes, in ms, at the source and at the targets, and what an answer without one
   * takes.
   */
  readonly sourceMs: number;
  readonly targetMs: number;
  readonly answerMs: number;
}

const KIB = 1024;

/** What waits in a circle where a resource is held while another one is waited for. */
export const CIRCLES: readonly Limits[] = (["each", "within"] as const).flatMap((way) =>
  // More than is read ahead of a chunk: its source stays open until the next one.
  [undefined, 1500 * KIB].map((chunkSize) => ({
    source: 1,
    targets: [1],
    concurrency: 8,
    blobs: 8,
    layers: [1000, 9000 * KIB, 9000 * KIB, 9000 * KIB],
    way,
    lane: "auto",
    chunkSize,
    sourceMs: 0,
    targetMs: 0,
    answerMs: 0,
  })),
);

/** @param options.slowestMs the longest that a big body may take. */
export function limits({ slowestMs }: { readonly slowestMs: number }): fc.Arbitrary<Limits> {
  const few = fc.integer({ min: 1, max: 4 });
  const ms = fc.constantFrom(0, slowestMs / 2, slowestMs);
  return fc.record({
    source: few,
    targets: fc.array(few, { minLength: 1, maxLength: 3 }),
    concurrency: fc.integer({ min: 1, max: 8 }),
    blobs: fc.integer({ min: 1, max: 8 }),
    layers: fc.array(fc.constantFrom(1000, 100 * KIB, 1500 * KIB, 6000 * KIB), { minLength: 3, maxLength: 8 }),
    way: fc.constantFrom("one", "each", "within"),
    lane: fc.constantFrom("auto", "auto", "control", "blob"),
    chunkSize: fc.constantFrom(undefined, undefined, 300 * KIB, 1500 * KIB),
    sourceMs: ms,
    targetMs: ms,
    answerMs: fc.constantFrom(0, 0, 15),
  });
}

/** How a client reaches a server. */
export interface Reached extends AsyncDisposable {
  readonly options: Partial<RegistryOptions> & Pick<RegistryOptions, "host">;
}

export interface CopyWithinOptions {
  /** What a connection may take. */
  readonly connectMs: number;
  /** Default: directly. */
  readonly road?: ((host: string) => Promise<Reached>) | undefined;
}

async function direct(host: string): Promise<Reached> {
  return { options: { host, plainHttp: true }, async [Symbol.asyncDispose]() {} };
}

/**
 * Copies an image, and checks that each blob is moved once, that nothing is retried, and that no
 * registry has more connections than it may.
 */
export async function copyWithin(given: Limits, { connectMs, road = direct }: CopyWithinOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { layers, way, lane, chunkSize, targetMs, answerMs } = given;
  const image = sampleImage({
    layers: layers.map((size, at) => ({ seed: `${at} ${randomBytes(4).toString("hex")}`, size, kind: "plain" })),
  });
  const start = async (connections: number, bodyMs: number) => {
    const server = stack.use(await SlowRegistry.start({ bodyMs, answerMs, chunkSize }));
    const reached = stack.use(await road(server.host));
    const options = { proxyEnv: {}, connections, lane, timeouts: { connectMs }, ...reached.options };
    const client = stack.use(await server.client(options));
    return { server, client, connections };
  };
  const targets = [];
  for (const connections of given.targets) targets.push(await start(connections, targetMs));
  const source = way === "within" ? targets[0] : await start(given.source, given.sourceMs);
  if (source === undefined) throw new TypeError("one target at least");
  source.server.put("from", image.blobs);
  source.server.manifests.set("from@v1", { mediaType: image.root.descriptor.mediaType, bytes: image.root.bytes });
  const from = source.client.repository("from");

  const blobs = Math.min(given.blobs, given.concurrency);
  const run = new CopyRun({ concurrency: given.concurrency, blobs: given.blobs });
  const spool = way === "one" ? stack.use(new Spool()) : undefined;
  const feeds = spool && new FanOut(spool, from, targets.length).feeds;
  const retries: unknown[] = [];
  const onEvent = (event: { readonly type: string }): void => {
    if (event.type === "retrying" || event.type === "resumed") retries.push(event);
  };
  const copying = targets.map(async ({ client }, at) => {
    const to: RegistryStore = client.repository("to");
    const feed = feeds?.[at];
    try {
      await copy({ store: from, reference: "v1" }, { store: to, reference: "v1" }, { run, feed, onEvent });
    } finally {
      await feed?.end();
    }
  });
  for (const ended of await Promise.allSettled(copying)) if (ended.status === "rejected") throw ended.reason;

  expect(retries).toEqual([]);
  const count = image.blobs.length;
  const big = image.blobs.filter(({ descriptor }) => descriptor.size > 64 * KIB);
  const chunks = big.map(({ descriptor: { size } }) => Math.ceil(size / (chunkSize ?? size)));
  for (const { server, connections } of targets) {
    expect([...server.blobs.keys()].filter((key) => key.startsWith("to@"))).toHaveLength(count);
    expect(server.asked).toMatchObject({ "POST blobs/uploads": count, "PUT blobs/uploads": count, "PUT manifests": 1 });
    const patches = chunkSize === undefined ? undefined : chunks.reduce((sum, one) => sum + one, count - big.length);
    expect(server.asked["PATCH blobs/uploads"]).toBe(patches);
    // A refusal to mount from another repository does not say that the blob is absent.
    expect(server.asked["HEAD blobs"]).toBe(server === source.server && big.length > 0 ? big.length : undefined);
    expect(server.writing.most).toBeLessThanOrEqual(Math.min(connections, given.blobs));
    if (road !== direct) continue;
    // Small requests, blobs that are read and blobs that are sent have connections of their own;
    // the blob lane keeps those of small requests with and without a body apart.
    expect(server.sockets.most).toBeLessThanOrEqual((lane === "blob" ? 4 : 3) * connections);
    expect(server.sessions.most).toBeLessThanOrEqual(blobs + given.concurrency);
  }
  const each = way === "each" ? targets.length : 1;
  expect(source.server.asked["GET blobs"]).toBe(way === "within" ? count * targets.length : count * each);
  expect(source.server.reading.most).toBeLessThanOrEqual(source.connections);
}
