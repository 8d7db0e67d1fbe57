import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { BigBlob } from "../support/big-blob.ts";
import { type InterruptedCopy, interruptedCopy } from "./interrupted-copy.ts";

const MIB = 1024 * 1024;
const BLOB = new BigBlob(128 * MIB);
/** Heads of requests, the probe of the registry (1 MiB), the manifest. */
const LITTLE = 0.02 * BLOB.descriptor.size;

/** Ctrl-C is no failure: the upload stays open, in the state, and the next run ends it. */
function expectGoneOnWith({ ended, again, states: [before, after], sentTwice }: InterruptedCopy): void {
  expect({ ended, stderr: again.stderr, code: again.code }).toEqual({ ended: 130, stderr: "", code: 0 });
  expect(before).toMatch(/^Open uploads +1$/m);
  expect(after).toMatch(/^Open uploads +0$/m);
  expect(sentTwice).toBeLessThan(LITTLE);
}

describePeers("Ctrl-C in a copy to distribution 3.1", ["registry"], ({ registry }) => {
  it("leaves an upload that the next run goes on with, at the byte where it stood", async () => {
    await using peer = await startDistribution(registry);
    expectGoneOnWith(await interruptedCopy({ blob: BLOB, target: peer.host, signal: "SIGINT", after: 50 * MIB }));
  });
});

describePeers("Ctrl-C in a copy to distribution 2.8", ["docker-registry"], (peers) => {
  it("finishes the chunk, so that it counts, within the grace", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    const options = { blob: BLOB, target: peer.host, signal: "SIGINT", after: 50 * MIB } as const;
    expectGoneOnWith(await interruptedCopy({ ...options, flags: ["--grace", "60"] }));
  });

  it("drops the chunk without one, and the upload with it, and fetches nothing twice", async () => {
    await using peer = await startDistribution(peers["docker-registry"]);
    const options = { blob: BLOB, target: peer.host, signal: "SIGINT", after: 50 * MIB } as const;
    const { ended, again, fetchedAgain, sentTwice } = await interruptedCopy({ ...options, flags: ["--grace", "0"] });
    expect({ ended, code: again.code }).toEqual({ ended: 130, code: 0 });
    expect(sentTwice).toBeGreaterThan(30 * MIB);
    expect(fetchedAgain).toBeLessThan(BLOB.descriptor.size - 40 * MIB);
  });
});
