import { describe, expect, it } from "vitest";
import { startCraneRegistry } from "../peers/crane-registry.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { serveFolder } from "../serve/folder-server.ts";
import { BigBlob } from "../support/big-blob.ts";
import { type InterruptedCopy, interruptedCopy } from "./interrupted-copy.ts";

const MIB = 1024 * 1024;
/** Longer than what is probed for. */
const BLOB = new BigBlob(128 * MIB);
const { size: SIZE } = BLOB.descriptor;
const HALF = SIZE / 2;
/** Heads of requests, the probe of the registry (1 MiB), the manifest. */
const LITTLE = 0.02 * SIZE;
/** What the registry had got, or the process had read, less what was under way: slabs, and the buffers of sockets. */
const DONE = HALF - 10 * MIB;

function copyTo(target: string): Promise<InterruptedCopy> {
  return interruptedCopy({ blob: BLOB, target, signal: "SIGKILL", after: HALF });
}

/** The second process has finished what the first began, and nothing of it is left. */
function expectFinished({ ended, again, states: [before, after] }: InterruptedCopy): void {
  expect({ ended, stderr: again.stderr, code: again.code }).toEqual({ ended: undefined, stderr: "", code: 0 });
  expect(before).toMatch(/^Open uploads +1$/m);
  expect(after).toMatch(/^Open uploads +0$/m);
}

function eventsOf({ again }: InterruptedCopy, type: string): readonly Readonly<Record<string, unknown>>[] {
  return again.stdout
    .split("\n")
    .filter((line) => line.startsWith(`{"type":"${type}"`))
    .map((line) => JSON.parse(line));
}

/** Where the registry keeps what came, the blob goes on inside. */
function expectResumed(copy: InterruptedCopy): void {
  expectFinished(copy);
  const [resumed] = eventsOf(copy, "resumed");
  expect(resumed).toMatchObject({ descriptor: BLOB.descriptor });
  const offset = Number(resumed?.["offset"]);
  expect(offset).toBeGreaterThan(DONE);
  expect(copy.sentTwice).toBeLessThan(LITTLE);
  expect(copy.fetchedAgain).toBeLessThan(SIZE - offset + LITTLE);
}

/** Where the registry loses what came, the source is not asked for it again. */
function expectFetchedOnce(copy: InterruptedCopy): void {
  expect(copy.ended).toBeUndefined();
  expect({ stderr: copy.again.stderr, code: copy.again.code }).toEqual({ stderr: "", code: 0 });
  const kept = Number(/Spool +([0-9.]+) MB in /.exec(copy.states[0])?.[1]) * 1e6;
  expect(kept).toBeGreaterThan(DONE);
  expect(copy.states[1]).toMatch(/Open uploads +0\n/);
  expect(copy.states[1]).toMatch(/Spool +0 B in 0 files/);
  expect(copy.fetchedAgain).toBeLessThan(SIZE - kept + LITTLE);
}

describePeers("a copy to distribution 3.1 that was killed", ["registry"], ({ registry }) => {
  it("goes on inside the blob in another process", async () => {
    await using peer = await startDistribution(registry);
    expectResumed(await copyTo(peer.host));
  });
});

describe("a copy to tranship serve that was killed", () => {
  it("goes on inside the blob in another process", async () => {
    await using folder = await serveFolder();
    expectResumed(await copyTo(new URL(folder.url).host));
  });
});

describePeers("a copy to distribution 2.8 that was killed", ["docker-registry"], (peers) => {
  it("fetches nothing twice, though the registry keeps nothing of a chunk that broke", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    expectFetchedOnce(await copyTo(peer.host));
  });
});

describePeers("a copy to crane's registry that was killed", ["crane"], ({ crane }) => {
  it("fetches nothing twice, though the registry keeps nothing", async () => {
    await using peer = await startCraneRegistry(crane);
    expectFetchedOnce(await copyTo(peer.host));
  });
});
