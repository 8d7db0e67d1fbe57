import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CONTENT, syncTwice } from "./sync-twice.ts";

describePeers("two runs of sync at once, of which one is suspended", ["registry"], ({ registry }) => {
  it("end both: the other one waits no longer than its leases last", async () => {
    const { runs, missing } = await syncTwice({
      registry,
      repositories: ["app", "app"],
      killAfter: CONTENT / 3,
      signal: "SIGSTOP",
    });
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(missing).toEqual([]);
  });
});
