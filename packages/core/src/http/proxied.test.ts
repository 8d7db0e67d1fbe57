import { createServer } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { cleanups, client, failure, listen, read, serve } from "../../../../test/support/transport-setup.ts";

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
      message: expect.stringContaining(`the proxy ${proxy} made no connection (503)`),
    });
  });

  it("is refused before anything is sent where its URL is none of http", () => {
    const proxyEnv = { HTTPS_PROXY: "socks5://127.0.0.1:1080" };
    expect(() => client("registry.invalid", { proxyEnv })).toThrow(
      new SyntaxError("Bad proxy in HTTPS_PROXY: expected http://HOST:PORT or https://HOST:PORT"),
    );
    expect(() => client("127.0.0.1:5000", { proxyEnv })).not.toThrow();
  });
});
