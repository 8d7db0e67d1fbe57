import { RegistryError } from "@tranship/core";
import { describe, expect, it } from "vitest";
import type { LaneChoice } from "../../packages/core/src/http/lanes.ts";
import type { RegistryTransport } from "../../packages/core/src/http/request.ts";
import { Workbench } from "../cli/workbench.ts";
import { scriptedRegistry } from "../support/scripted-registry.ts";
import { client } from "../support/transport-setup.ts";
import { ODD_HEADS, type OddServer, oddServer } from "./odd-heads.ts";

const taken = ODD_HEADS.filter(({ refused }) => refused === undefined);
const refused = ODD_HEADS.filter((row) => row.refused !== undefined);
const LANES: readonly LaneChoice[] = ["control", "blob"];

/** Reads the blob, again where its body breaks off, as whoever copies it does. */
async function readBlob(transport: RegistryTransport, { digest, blob }: OddServer): Promise<Uint8Array> {
  for (let again = false; ; again = true) {
    const { body } = await transport.request({
      method: "GET",
      path: `/v2/app/blobs/${digest}`,
      kind: "blob",
      scopes: [],
      accept: [200],
      answerLength: blob.length,
    });
    try {
      return await body.bytes(blob.length);
    } catch (error) {
      const isLost = error instanceof RegistryError && error.code === "NETWORK";
      if (again || !isLost) throw error;
    }
  }
}

describe.each(LANES)("a head read by the %s lane", (lane) => {
  it.each(taken)("with $name is read, and its connection is not used again if it is odd", async (row) => {
    await using server = await oddServer(row);
    const transport = client(server.host, { lane, plainHttp: true, retry: { attempts: 1 } });
    for (let reads = 1; reads <= 3; reads += 1) {
      expect(Buffer.from(await readBlob(transport, server)).equals(server.blob)).toBe(true);
    }
    const isPlain = row.plainFor?.includes(lane) === true;
    // Only the first one is sent twice: once for a strict parser, once for a lenient one.
    expect(server.log).toEqual(Array(isPlain ? 3 : 4).fill(`GET /v2/app/blobs/${server.digest}`));
    if (!isPlain) expect(new Set(server.connections).size).toBe(4);
  });

  it.each(refused)("with $name is refused for what it is", async (row) => {
    await using server = await oddServer(row);
    const transport = client(server.host, { lane, plainHttp: true, retry: { attempts: 1 } });
    const failure = await readBlob(transport, server).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "PROTOCOL" });
    expect(String(failure)).toContain(row.refused);
    expect(String(failure)).not.toContain("closed the connection");
    expect(server.log.length).toBeLessThanOrEqual(3);
  });
});

describe("copy", () => {
  it.each(taken)("with $name in each answer of the source copies the image", async (row) => {
    await using bench = await Workbench.open();
    await using source = await oddServer(row);
    await using target = await scriptedRegistry();
    const run = await bench.run(["copy", `${source.host}/app:v1`, `${target.host}/app:v1`]);
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(target.blobs.get(`app@${source.digest}`)).toEqual(source.blob);
  });
});
