import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { cleanups, client, failure, read } from "../../../../../test/support/transport-setup.ts";

/** A server that answers each request with these heads of 1xx, each when the one before was taken, and then with `last`. */
async function serveInterims(status: string, { count, everyMs, last = "" }: Interims): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      let sent = 0;
      const send = (): void => {
        if (socket.destroyed) return;
        if (sent === count) return void socket.end(last);
        sent += 1;
        socket.write(`HTTP/1.1 ${status}\r\nx: ${sent}\r\n\r\n`, () =>
          everyMs === 0 ? setImmediate(send) : setTimeout(send, everyMs),
        );
      };
      send();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Interims {
  readonly count: number;
  readonly everyMs: number;
  readonly last?: string;
}

describe("Exchange, heads of 1xx", () => {
  it.each(["102 Processing", "103 Early Hints", "199 Later"])(
    "%s again and again is no answer: the final head has to come in time",
    async (status) => {
      const host = await serveInterims(status, { count: Number.POSITIVE_INFINITY, everyMs: 20 });
      const asking = read(client(host, { plainHttp: true, retry: { attempts: 1 }, timeouts: { headersMs: 200 } }));
      expect(await failure(asking)).toMatchObject({ code: "TIMEOUT" });
    },
  );

  it("takes no more than 1,024 of them", async () => {
    const host = await serveInterims("103 Early Hints", { count: Number.POSITIVE_INFINITY, everyMs: 0 });
    const asking = read(client(host, { plainHttp: true, retry: { attempts: 1 } }));
    expect(await failure(asking)).toMatchObject({ code: "PROTOCOL" });
  });

  it("waits for a final head that comes after some", async () => {
    const last = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    const host = await serveInterims("102 Processing", { count: 100, everyMs: 1, last });
    expect(await read(client(host, { plainHttp: true, retry: { attempts: 1 } }))).toBe("hello");
  });
});
