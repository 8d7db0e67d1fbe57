import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { pino } from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import {
  BASIC,
  cleanups,
  client,
  failure,
  listen,
  manifest,
  read,
  serve,
} from "../../../../../test/support/transport-setup.ts";

describe("RegistryTransport over TLS", () => {
  let directory: string;
  const pem = { ca: "", key: "", cert: "", otherKey: "", otherCert: "" };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tranship-tls-"));
    const path = (name: string): string => join(directory, name);
    const openssl = (...args: string[]): Promise<unknown> => promisify(execFile)("openssl", args);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const issued = (name: string, san: string): Promise<unknown> =>
      openssl(
        ...["req", "-x509", ...key, "-CA", path("ca"), "-CAkey", path("ca.key"), "-subj", `/CN=${name}`],
        ...["-addext", `subjectAltName=${san}`, "-keyout", path(`${name}.key`), "-out", path(name)],
      );
    await openssl("req", "-x509", ...key, "-subj", "/CN=Test CA", "-keyout", path("ca.key"), "-out", path("ca"));
    await issued("server", "IP:127.0.0.1");
    await issued("other", "DNS:other.example");
    pem.ca = await readFile(path("ca"), "utf8");
    pem.cert = await readFile(path("server"), "utf8");
    pem.key = await readFile(path("server.key"), "utf8");
    pem.otherCert = await readFile(path("other"), "utf8");
    pem.otherKey = await readFile(path("other.key"), "utf8");
    return () => rm(directory, { recursive: true });
  });

  function serveTls(listener: RequestListener, options: ServerOptions = {}): Promise<string> {
    return listen(createHttpsServer({ cert: pem.cert, key: pem.key, ...options }, listener));
  }

  const ok: RequestListener = (_, response) => void response.end("ok");

  /** A server that speaks HTTP/2 and nothing else, and what it gets. */
  async function serveHttp2(): Promise<{ readonly host: string; readonly received: Buffer[] }> {
    const server = createSecureServer({ cert: pem.cert, key: pem.key });
    const received: Buffer[] = [];
    server.on("request", async (request, response) => {
      for await (const piece of request) received.push(piece);
      response.end(`${request.method} over ${request.httpVersion}`);
    });
    const sessions = new Set<ServerHttp2Session>();
    server.on("session", (session) => sessions.add(session.on("close", () => sessions.delete(session))));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(async () => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  }

  it.each(["auto", "blob"] as const)(
    "speaks HTTP/2 with all requests that find out at once, by the %s lane",
    async (lane) => {
      const { host } = await serveHttp2();
      const made = client(host, { tls: { ca: [pem.ca] }, lane, retry: { attempts: 1 } });
      const reading = await Promise.all([1, 2, 3, 4].map(() => read(made)));
      expect(reading).toEqual(Array(4).fill("GET over 2.0"));
    },
  );

  it("speaks HTTP/2 with a server that speaks nothing else, whichever lane asks first", async () => {
    const { host, received } = await serveHttp2();
    for (const lane of ["auto", "blob"] as const) {
      const lines: string[] = [];
      const logger = pino({ level: "debug" }, { write: (line) => void lines.push(JSON.parse(line).msg) });
      const made = client(host, { tls: { ca: [pem.ca] }, lane, logger, retry: { attempts: 1 } });
      expect(await read(made)).toBe("GET over 2.0");
      const content = Buffer.alloc(300_000, 7);
      const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
        yield content.subarray(0, 200_000);
        yield content.subarray(200_000);
      };
      const put = { method: "PUT", kind: "upload", body, contentLength: content.length } as const;
      expect(await read(made, put)).toBe("PUT over 2.0");
      expect(Buffer.concat(received.splice(0))).toEqual(content);
      expect(lines.filter((line) => line.includes("lane")).at(-1)).toMatch(
        new RegExp(`^PUT .* goes by the control lane: ${host} speaks HTTP/2 and nothing else$`),
      );
    }
  });

  it("trusts a CA that is given, and says how to where none is", async () => {
    const host = await serveTls(ok);
    expect(await read(client(host, { tls: { ca: [pem.ca] } }))).toBe("ok");
    const error = await failure(read(client(host)));
    expect(error).toMatchObject({ code: "TLS" });
    expect(String(error)).toMatch(
      /the certificate of 127\S+ is not trusted \([A-Z_]+\), and no authority for it was given$/,
    );
  });

  it("says that a CA that is given did not sign the certificate", async () => {
    const host = await serveTls(ok);
    const error = await failure(read(client(host, { tls: { ca: [pem.otherCert] } })));
    expect(error).toMatchObject({ code: "TLS" });
    expect(String(error)).toMatch(/is signed by none of the authorities that were given \([A-Z_]+\)$/);
  });

  it("checks the name, and nothing where it is insecure", async () => {
    const host = await serveTls(ok, { cert: pem.otherCert, key: pem.otherKey });
    expect(await failure(read(client(host, { tls: { ca: [pem.ca] } })))).toMatchObject({
      code: "TLS",
      message: expect.stringMatching(/another name/),
    });
    expect(await read(client(host, { insecure: true }))).toBe("ok");
  });

  it.each(["control", "blob"] as const)(
    "tells the server the name that it asks for, without a dot at its end, an address never, and offers HTTP/1.1 alone: %s lane",
    async (lane) => {
      const server = createHttpsServer({ cert: pem.cert, key: pem.key, ALPNProtocols: ["h2", "http/1.1"] }, ok);
      const seen: unknown[] = [];
      server.on("secureConnection", ({ servername, alpnProtocol }: TLSSocket & { servername?: string | false }) => {
        seen.push({ name: servername || "none", protocol: alpnProtocol });
      });
      const address = await listen(server);
      for (const [host, name] of [
        [address, "none"],
        [address.replace("127.0.0.1", "localhost"), "localhost"],
        [address.replace("127.0.0.1", "localhost."), "localhost"],
      ] as const) {
        expect(await read(client(host, { insecure: true, lane }))).toBe("ok");
        expect(seen.at(-1)).toEqual({ name, protocol: "http/1.1" });
      }
    },
  );

  it("never turns to http because of a certificate", async () => {
    const [hostname = "", port] = (await serveTls(ok)).split(":");
    const firstBytes: (number | undefined)[] = [];
    const relay = createSocketServer((socket) => {
      socket.once("data", (piece: Buffer) => firstBytes.push(piece[0]));
      const upstream = connect(Number(port), hostname);
      for (const end of [socket, upstream]) end.on("error", () => {});
      socket.pipe(upstream).pipe(socket);
    });
    relay.listen(0, "127.0.0.1");
    await once(relay, "listening");
    const address = relay.address() as AddressInfo;
    expect(await failure(read(client(`127.0.0.1:${address.port}`, { credentials: BASIC })))).toMatchObject({
      code: "TLS",
    });
    relay.close();
    // Each connection began with a TLS handshake record.
    expect(new Set(firstBytes)).toEqual(new Set([0x16]));
  });

  it("shows its certificate to the registry", async () => {
    const host = await serveTls(ok, { requestCert: true, rejectUnauthorized: true, ca: [pem.ca] });
    const tls = { ca: [pem.ca], cert: pem.otherCert, key: pem.otherKey };
    expect(await read(client(host, { tls }))).toBe("ok");
    // Node's server hangs up on who shows none, where others send an alert.
    expect(await failure(read(client(host, { tls: { ca: [pem.ca] } })))).toMatchObject({ code: "NETWORK" });
  });

  it("asks a local host over https first, and over http where it speaks that, with one probe for many requests", async () => {
    let connections = 0;
    const server = createServer(ok);
    server.on("connection", () => connections++);
    const made = client(await listen(server), { connections: 1 });
    expect(await Promise.all(Array.from({ length: 8 }, () => read(made)))).toEqual(Array(8).fill("ok"));
    expect(connections).toBe(2);
    expect((await made.request(manifest())).url.protocol).toBe("http:");
  });

  it("refuses http elsewhere, and credentials for a token service over http", async () => {
    let asked = 0;
    const plain = await serve((_, response) => {
      asked += 1;
      response.end('{"token":"t"}');
    });
    const host = await serveTls((incoming, response) => {
      if (incoming.url === "/redirect") return response.writeHead(307, { location: `http://${plain}/x` }).end();
      return response.writeHead(401, { "www-authenticate": `Bearer realm="http://${plain}/token"` }).end();
    });
    const options = { tls: { ca: [pem.ca] }, credentials: BASIC };
    expect(await failure(read(client(host, options), { path: "/redirect" }))).toMatchObject({
      code: "REDIRECT_REFUSED",
    });
    expect(await failure(read(client(host, options)))).toMatchObject({ code: "REDIRECT_REFUSED" });
    const lifted = { ...options, allowHttpRedirectTo: [plain] };
    expect(await failure(read(client(host, lifted)))).toMatchObject({ code: "CREDENTIALS" });
    expect(asked).toBe(0);
    expect(await read(client(host, lifted), { path: "/redirect" })).toBe('{"token":"t"}');
  });

  it("goes on over https where its own host is named with http", async () => {
    const host = await serveTls((incoming, response) => {
      if (incoming.url === "/to") return response.end("ok");
      return response.writeHead(307, { location: `http://${incoming.headers.host}/to` }).end();
    });
    const made = client(host, { tls: { ca: [pem.ca] } });
    expect(await read(made)).toBe("ok");
    expect(made.resolveLocation(`http://${host}/up?a=1`, new URL(`https://${host}/v2/`)).href).toBe(
      `https://${host}/up?a=1`,
    );
    // One that an earlier process was given is trusted no more.
    expect((await made.recallLocation(`http://${host}/up?a=1`)).href).toBe(`https://${host}/up?a=1`);
    await expect(made.recallLocation("http://elsewhere.example/up")).rejects.toMatchObject({
      code: "REDIRECT_REFUSED",
    });
  });

  it("is verified through a proxy's tunnel, which sees nothing of it", async () => {
    const [hostname = "", port] = (await serveTls(ok, { cert: pem.otherCert, key: pem.otherKey })).split(":");
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (incoming, socket) => {
      tunnels.push(incoming.url);
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on("error", () => {});
    });
    const proxyEnv = { HTTPS_PROXY: `http://${await listen(proxy)}` };
    expect(await read(client("other.example", { proxyEnv, tls: { ca: [pem.ca] } }))).toBe("ok");
    expect(tunnels).toEqual(["other.example:443"]);
    expect(await failure(read(client("other.example", { proxyEnv })))).toMatchObject({ code: "TLS" });
    expect(await failure(read(client("wrong.example", { proxyEnv, tls: { ca: [pem.ca] } })))).toMatchObject({
      code: "TLS",
    });
  });
});
