import { expect, it } from "vitest";
import { scriptedRegistry } from "../support/scripted-registry.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { copyWith, describeEachPeer } from "./copy-peers.ts";
import { ODD_HEADS, oddServer } from "./odd-heads.ts";

// What the table says of other engines is what they do.
describeEachPeer("an odd head, by", (peer, path) => {
  it.each(ODD_HEADS)(`with $name: $peers.${peer}`, async (row) => {
    await using source = await oddServer(row);
    await using target = await scriptedRegistry();
    await using home = await temporaryFolder("tranship-odd-");
    const outcome = await copyWith(peer, path, {
      from: `${source.host}/app:v1`,
      to: `${target.host}/app:v1`,
      home: home.path,
    });
    expect(outcome).toBe(row.peers[peer]);
  });
});
