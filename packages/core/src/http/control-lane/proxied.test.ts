import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createSocketServer } from "node:net";
import { describe, expect, it } from "vitest";
import { cleanups, client, failure, listen, read, serve } from "../../../../../test/support/transport-setup.ts";

describe("RegistryTransport behind a proxy", () => {
  it("asks through http_proxy, and tunnels https", async () => {
    const asked: (string | undefined)[] = [];
    const target = await serve((incoming, response) => response.end(`hello ${incoming.headers.host}`));
    const server = createServer((incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url} ${incoming.headers["proxy-authorization"]}`);
      response.end("through the proxy");
    });
    server.on("connect", (incoming, socket) => {
      asked.push(`CONNECT ${incoming.url}`);
      const [hostname = "", port] = target.split(":");
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        socket.end();
        upstream.destroy();
      });
    });
    const proxy = await listen(server);
    const proxyEnv = { HTTP_PROXY: `http://me:pw@${proxy}`, HTTPS_PROXY: `http://${proxy}` };
    expect(await read(client("registry.invalid", { proxyEnv, plainHttp: true }))).toBe("through the proxy");
    expect(asked).toEqual([
      `GET http://registry.invalid/v2/app/manifests/latest Basic ${Buffer.from("me:pw").toString("base64")}`,
    ]);
    const error = await failure(read(client("registry.invalid", { proxyEnv, retry: { attempts: 1 } })));
    expect(error).toMatchObject({ code: "NETWORK" });
    expect(asked[1]).toBe("CONNECT registry.invalid:443");
    expect(await read(client(target, { proxyEnv }))).toBe(`hello ${target}`);
  });

  it("names the proxy, without its password, where that is what can't be reached", async () => {
    const gone = await serve(() => {});
    await cleanups.pop()?.();
    for (const plainHttp of [true, false]) {
      const proxyEnv = { HTTP_PROXY: `http://me:pw@${gone}`, HTTPS_PROXY: `http://me:pw@${gone}` };
      const error = await failure(read(client("registry.invalid", { proxyEnv, plainHttp, retry: { attempts: 1 } })));
      expect(error).toMatchObject({
        code: "NETWORK",
        message: `Cannot read manifest "latest" from "registry.invalid/app": the proxy ${gone} refused the connection`,
      });
    }
    const proxyEnv = { HTTPS_PROXY: "http://me:pw@proxy.invalid:3128" };
    const error = await failure(read(client("registry.invalid", { proxyEnv, retry: { attempts: 1 } })));
    expect(error).toMatchObject({
      message: expect.stringMatching(/: the name of the proxy proxy\.invalid:3128 cannot be resolved \(E/),
    });
  });

  it("says what the proxy answered to a tunnel", async () => {
    const server = createServer();
    let status = "407 Proxy Authentication Required";
    server.on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`));
    const proxy = await listen(server);
    const made = client("registry.invalid", { proxyEnv: { HTTPS_PROXY: proxy }, retry: { attempts: 1 } });
    expect(await failure(read(made))).toMatchObject({
      code: "NETWORK",
      message: expect.stringContaining(`the proxy ${proxy} refused the user name or password, or wants them (407)`),
    });
    status = "503 Service Unavailable";
    expect(await failure(read(made))).toMatchObject({
      message: expect.stringContaining(`the proxy ${proxy} made no connection to registry.invalid (503)`),
    });
  });

  it("asks a proxy that refuses for good once, one that may pass again", async () => {
    const server = createServer();
    let status = 407;
    let asked = 0;
    server.on("connect", (_, socket) => {
      asked += 1;
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
    });
    server.on("request", (_, response) => {
      asked += 1;
      response.writeHead(status).end();
    });
    const proxy = await listen(server);
    const proxyEnv = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
    for (const plainHttp of [false, true]) {
      const made = client("registry.invalid", { proxyEnv, plainHttp, retry: { attempts: 3 } });
      for (const [refusal, tries] of [
        [403, 1],
        [407, 1],
        [429, 3],
        [502, 3],
        [504, 3],
      ] as const) {
        status = refusal;
        asked = 0;
        expect(String(await failure(read(made)))).toContain(`the proxy ${proxy}`);
        expect(asked, String(refusal)).toBe(tries);
      }
    }
  });

  it("ends a tunnel that is not answered in time, and says whose time it was", async () => {
    const server = createServer();
    let answers = false;
    server.on("connect", (_, socket) => {
      cleanups.push(async () => void socket.destroy());
      // Nothing comes out of the tunnel.
      if (answers) socket.write("HTTP/1.1 200 OK\r\n\r\n");
    });
    const proxy = await listen(server);
    const ask = async (): Promise<unknown> => {
      const options = { proxyEnv: { HTTPS_PROXY: proxy }, timeouts: { connectMs: 50 }, retry: { attempts: 1 } };
      return failure(read(client("registry.invalid", options)));
    };
    expect(await ask()).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(new RegExp(`: the proxy ${proxy} did not answer in time$`)),
    });
    answers = true;
    expect(await ask()).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(/: no connection to registry\.invalid in time$/),
    });
  });

  it("says that a proxy speaks no HTTP, or hangs up", async () => {
    const sockets = createSocketServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    let answer = "SSH-2.0-OpenSSH\r\n";
    sockets.listen(0, "127.0.0.1");
    await once(sockets, "listening");
    cleanups.push(async () => void sockets.close());
    const proxy = `127.0.0.1:${(sockets.address() as AddressInfo).port}`;
    const proxyEnv = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
    const ask = async (plainHttp: boolean): Promise<unknown> =>
      failure(read(client("registry.invalid", { proxyEnv, plainHttp, retry: { attempts: 1 } })));
    for (const plainHttp of [false, true]) {
      expect(await ask(plainHttp)).toMatchObject({
        message: expect.stringContaining(
          `: the proxy ${proxy} does not answer in HTTP; if it speaks TLS, its URL begins with https://`,
        ),
      });
    }
    answer = "";
    for (const plainHttp of [false, true]) {
      expect(await ask(plainHttp)).toMatchObject({
        code: "NETWORK",
        message: expect.stringContaining(`: the proxy ${proxy} closed the connection`),
      });
    }
  });

  it("makes no more connections for http than the client may", async () => {
    let [open, most] = [0, 0];
    const server = createServer((_, response) => void setImmediate(() => response.end("ok")));
    server.on("connection", (socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.on("close", () => {
        open -= 1;
      });
    });
    const proxyEnv = { HTTP_PROXY: await listen(server) };
    const made = client("registry.invalid", { proxyEnv, plainHttp: true, connections: 2 });
    expect(await Promise.all(Array.from({ length: 12 }, () => read(made)))).toEqual(Array(12).fill("ok"));
    expect(most).toBeLessThanOrEqual(2);
  });

  it.each([
    ["me:p%40ss", "me:p@ss"],
    ["me", "me:"],
    [":token", ":token"],
  ])("shows what its URL says, decoded: %s", async (userInfo, pair) => {
    const shown: (string | undefined)[] = [];
    const proxy = await serve(({ headers }, response) => {
      shown.push(headers["proxy-authorization"]);
      response.end("ok");
    });
    const proxyEnv = { HTTP_PROXY: `http://${userInfo}@${proxy}` };
    expect(await read(client("registry.invalid", { proxyEnv, plainHttp: true }))).toBe("ok");
    expect(shown).toEqual([`Basic ${Buffer.from(pair).toString("base64")}`]);
  });

  it.each(["/", "/proxy.pac", "?a=b", "/x/#y"])("is asked whatever follows its host: %s", async (rest) => {
    const proxy = await serve((incoming, response) => response.end(incoming.url));
    const proxyEnv = { HTTP_PROXY: `http://me:pw@${proxy}${rest}` };
    expect(await read(client("registry.invalid", { proxyEnv, plainHttp: true }))).toBe(
      "http://registry.invalid/v2/app/manifests/latest",
    );
  });

  it("is refused before anything is sent where its URL is none of http", () => {
    const proxyEnv = { HTTPS_PROXY: "socks5://127.0.0.1:1080" };
    expect(() => client("registry.invalid", { proxyEnv })).toThrow(
      new SyntaxError("Bad proxy in HTTPS_PROXY: expected http://HOST:PORT or https://HOST:PORT"),
    );
    expect(() => client("127.0.0.1:5000", { proxyEnv })).not.toThrow();
  });
});
