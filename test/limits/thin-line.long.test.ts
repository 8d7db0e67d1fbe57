import { describe, expect, it } from "vitest";
import { blobLane, blobRequest, MIB, serveSockets } from "../support/blob-lane-setup.ts";

/** How long the peer may take nothing, in ms; each of the pieces takes about twice as long. */
const BODY_MS = 2000;
const PIECES = [12 * MIB, 12 * MIB, 10];
const SIZE = 24 * MIB + 10;

describe.each(["blob", "control"] as const)("the body of a PUT by the %s lane", (lane) => {
  it("may take any time on a thin line, as long as some of it is taken", async () => {
    const peer = await serveSockets((socket) => {
      let taken = 0;
      socket.on("data", (piece) => {
        taken += piece.length;
        if (taken > SIZE) socket.write("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
        // The line.
        socket.pause();
        setTimeout(() => socket.resume(), 15);
      });
    });
    const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
      for (const length of PIECES) yield Buffer.alloc(length);
    };
    const { send } = blobLane({ lane, timeouts: { headersMs: 60_000, bodyMs: BODY_MS } });
    const put = blobRequest(`http://${peer.host}/x`, { method: "PUT", body, contentLength: SIZE });
    expect((await send(put)).status).toBe(201);
  });
});
