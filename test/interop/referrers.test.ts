import { join } from "node:path";
import { copy } from "@tranship/copy";
import { MemoryStore, Registry } from "@tranship/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { runPeer } from "../peers/run-peer.ts";
import { sampleImage, seed } from "../support/sample-image.ts";

const PUSHER = join(import.meta.dirname, "push-referrers.ts");
const REPOSITORY = "team/app";
const EACH = 10;

describePeers("referrers on distribution 3.1", ["registry", "oras"], (peers) => {
  const stack = new AsyncDisposableStack();
  let registry: Registry;
  beforeAll(async () => {
    const { host } = stack.use(await startDistribution(peers.registry));
    registry = stack.use(new Registry({ host }));
  });
  afterAll(() => stack.disposeAsync());

  it("RegistryStore.push() loses none of 20 referrers that two processes push at once", async () => {
    const store = registry.repository(REPOSITORY);
    const subject = await seed(store, sampleImage(), "v1");
    const outputs = await Promise.all(
      ["first", "second"].map((seedText) =>
        runPeer(process.execPath, [PUSHER, registry.host, REPOSITORY, subject.digest, seedText, String(EACH)]),
      ),
    );
    const pushed = outputs.flatMap((output) => output.toString().trim().split("\n"));
    expect(pushed).toHaveLength(2 * EACH);
    const listed = await Array.fromAsync(store.referrers(subject));
    expect(listed.map(({ digest }) => digest).toSorted()).toEqual(pushed.toSorted());

    const discovered = await runPeer(peers.oras, [
      "discover",
      "--plain-http",
      "--format=json",
      `${registry.host}/${REPOSITORY}@${subject.digest}`,
    ]);
    for (const digest of pushed) expect(discovered.toString()).toContain(digest);
  });

  it("copy() with referrers carries them to another registry's repository", async () => {
    const from = registry.repository(REPOSITORY);
    const { digest } = await from.resolve("v1");
    const target = new MemoryStore();
    await copy({ store: from, reference: "v1" }, { store: target, reference: "v1" }, { referrers: true });
    const listed = await Array.fromAsync(target.referrers(await target.resolve(digest)));
    expect(listed).toHaveLength(2 * EACH);
  });
});
