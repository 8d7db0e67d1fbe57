import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { probeScheme, type Scheme } from "./loopback.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function probe(server: Server, signal?: AbortSignal): Promise<Scheme> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return probeScheme({ hostname: "127.0.0.1", port, timeoutMs: 30_000, signal });
}

describe("probeScheme()", () => {
  it("finds plain HTTP where the offer is answered in HTTP", async () => {
    let requests = 0;
    expect(await probe(createHttpServer(() => requests++))).toBe("http:");
    expect(requests).toBe(0);
  });

  it("finds plain HTTP where the peer hangs up", async () => {
    expect(await probe(createSocketServer((socket) => socket.once("data", () => socket.end())))).toBe("http:");
    expect(await probe(createSocketServer((socket) => socket.once("data", () => socket.resetAndDestroy())))).toBe(
      "http:",
    );
  });

  it("finds TLS whatever the certificate, and where the handshake is refused", async () => {
    const directory = await mkdtemp(join(tmpdir(), "tranship-probe-"));
    try {
      const [key, cert] = [join(directory, "key"), join(directory, "cert")];
      await promisify(execFile)("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-subj", "/CN=other.example", "-days", "1", "-keyout", key, "-out", cert],
      ]);
      const pem = { key: await readFile(key), cert: await readFile(cert) };
      expect(await probe(createHttpsServer(pem))).toBe("https:");
      // No cipher in common.
      expect(await probe(createHttpsServer({ ...pem, maxVersion: "TLSv1.2", ciphers: "AES128-SHA" }))).toBe("https:");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("throws where nobody listens", async () => {
    const server = createSocketServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    await expect(probeScheme({ hostname: "127.0.0.1", port, timeoutMs: 30_000 })).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  });

  it("stops when aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const closed = Promise.withResolvers<void>();
    const silent = createSocketServer((socket) => {
      socket.on("error", () => {}).on("close", () => closed.resolve());
      controller.abort(reason);
    });
    await expect(probe(silent, controller.signal)).rejects.toBe(reason);
    await closed.promise;
  });
});
