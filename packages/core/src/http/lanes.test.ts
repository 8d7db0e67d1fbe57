import { lookup } from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { pino } from "pino";
import { Agent } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { createTransport } from "../../../../test/support/bare-transport.ts";
import { laneLog } from "../logging/lane-log.ts";
import { shownBy } from "../logging/log-options.ts";
import { Lanes, type LanesOptions } from "./lanes.ts";
import type { HttpRequest } from "./message/message.ts";

const OPTIONS: LanesOptions = {
  hostname: "127.0.0.1",
  tls: {},
  insecure: false,
  connections: 2,
  connectTimeoutMs: 10_000,
  environment: {},
  lookup,
  timeouts: { headersMs: 10_000, bodyMs: 10_000 },
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function lanes(options: Partial<LanesOptions> = {}): Lanes {
  const made = new Lanes({ ...OPTIONS, ...options });
  cleanups.push(() => made.close());
  return made;
}

function blob(init: Partial<HttpRequest> = {}): HttpRequest {
  const url = new URL("http://r.example/v2/app/blobs/sha256:1");
  return { method: "GET", url, kind: "blob", headers: {}, action: () => "read it", answerLength: 1_000_000, ...init };
}

const SMALL = blob({ answerLength: 1000 });

describe("Lanes.carrierOf()", () => {
  it("gives the bytes of big blobs to the blob lane, all else to the control lane", () => {
    const auto = lanes();
    expect(auto.carrierOf(blob())).toEqual({ name: "blob" });
    expect(auto.carrierOf(blob({ method: "PATCH", kind: "upload", contentLength: 65_537 }))).toEqual({ name: "blob" });
    for (const small of [SMALL, blob({ method: "HEAD" }), blob({ kind: "manifest" })]) {
      expect(auto.carrierOf(small)).toEqual({ name: "control" });
    }
  });

  it("gives all to the lane that was asked for", () => {
    expect(lanes({ lane: "blob" }).carrierOf(SMALL)).toEqual({ name: "blob" });
    expect(lanes({ lane: "control" }).carrierOf(SMALL)).toEqual({ name: "control" });
    expect(lanes({ lane: "control" }).carrierOf(blob())).toEqual({ name: "control", because: "as was asked" });
  });

  it.each(["auto", "blob"] as const)("says why the blob lane can't carry it: %s", (lane) => {
    const environment = { HTTP_PROXY: "http://me:s3cret@proxy.example:3128" };
    expect(lanes({ lane, environment }).carrierOf(blob())).toEqual({
      name: "control",
      because: "it goes through the proxy proxy.example:3128",
    });
    const dispatcher = new Agent();
    cleanups.push(() => dispatcher.close());
    expect(lanes({ lane, dispatcher }).carrierOf(blob()).because).toBe("the caller's dispatcher sends it");
    expect(lanes({ lane }).carrierOf(blob({ inSmallPieces: true })).because).toBe(
      "its bytes are counted while they pass",
    );
  });
});

describe("Transport.send()", () => {
  it("asks again by the control lane where the framing is odd, and the log says so", async () => {
    const asked: string[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        asked.push(bytes.toString().split("\r\n", 1)[0] ?? "");
        socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\nconnection: close\r\n\r\nbytes as they are");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(async () => server.close());
    const lines: string[] = [];
    const logger = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line).msg) });
    const transport = createTransport({ ...OPTIONS, observers: [laneLog(logger, shownBy({}))] });
    cleanups.push(() => transport.close());
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?sig=s3cret`);
    const { body } = await transport.send(blob({ url }));
    expect(Buffer.from(await body.bytes(100)).toString()).toBe("bytes as they are");
    expect(asked).toEqual(["GET /x?sig=s3cret HTTP/1.1", "GET /x?sig=s3cret HTTP/1.1"]);
    const shown = `GET http://${url.host}/x?sig=REDACTED`;
    expect(lines).toEqual([
      `${shown} goes by the blob lane`,
      `${shown} goes by the control lane: The answer comes in the transfer coding gzip`,
    ]);
  });
});
