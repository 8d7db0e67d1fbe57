import { it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CONTENT, expectSharedWork, syncTwice } from "./sync-twice.ts";

describePeers("two runs of sync at once, with one state folder", ["registry"], ({ registry }) => {
  it("send each blob once where they mirror the same, and both succeed", async () => {
    expectSharedWork(await syncTwice({ registry, repositories: ["app", "app"] }), [0, 0]);
  });

  it("send each blob once where they mirror to two repositories, and mount the rest", async () => {
    expectSharedWork(await syncTwice({ registry, repositories: ["one/app", "two/app"] }), [0, 0]);
  });

  it("send each blob once where one of them is killed: the other takes over inside the blobs", async () => {
    const killAfter = CONTENT / 3;
    expectSharedWork(await syncTwice({ registry, repositories: ["app", "app"], killAfter }), [undefined, 0]);
  });
});
