import { describe, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { serveFolder } from "../serve/folder-server.ts";
import { BigBlob } from "../support/big-blob.ts";
import { type InterruptedCopy, interruptedCopy } from "./interrupted-copy.ts";

const MIB = 1024 * 1024;
/** Longer than what is probed for. */
const BLOB = new BigBlob(96 * MIB);
/** What a probe sends, and what is between the process and the registry when it is killed: slabs, and the buffers of sockets. */
const UNDER_WAY = 10 * MIB;

function copyTo(target: string): Promise<InterruptedCopy> {
  return interruptedCopy({ blob: BLOB, target, signal: "SIGKILL", after: 50 * MIB });
}

/** The second process has finished what the first began, and nothing of it is left. */
function expectFinished({ ended, again, states: [before, after] }: InterruptedCopy): void {
  expect({ ended, stderr: again.stderr, code: again.code }).toEqual({ ended: undefined, stderr: "", code: 0 });
  expect(before).toContain("Open uploads       1");
  expect(after).toContain("Open uploads       0");
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
  expect(copy.sent).toBeLessThan(BLOB.descriptor.size + UNDER_WAY);
  expect(copy.fetched).toBeLessThan(BLOB.descriptor.size + UNDER_WAY);
  const [resumed] = eventsOf(copy, "resumed");
  expect(resumed).toMatchObject({ descriptor: BLOB.descriptor });
  expect(resumed?.["offset"]).toBeGreaterThan(40 * MIB);
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
