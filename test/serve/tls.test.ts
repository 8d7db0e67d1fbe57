import { once } from "node:events";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { get } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { serveFolder } from "./folder-server.ts";

describePeers("serve() with tls and a client that does not speak", ["openssl"], ({ openssl }) => {
  it.each([
    ["nothing", ""],
    ["half a hello", "\u0016\u0003\u0001\u0002"],
    ["what is no TLS", "GET / HTTP/1.1\r\n\r\n"],
  ])("has room for others when one that sent %s has gone, or is timed out", async (_, text) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-serve-tls-"));
    const authority = await CertificateAuthority.create(openssl, folder.path);
    const issued = await authority.issue("server");
    const tls = { key: await readFile(issued.key), cert: await readFile(issued.certificate), handshakeTimeout: 100 };
    await using served = await serveFolder({ tls, limits: { connections: 1 } });
    const silent = connect(served.server.port, "127.0.0.1").on("error", () => undefined);
    await once(silent, "connect");
    silent.write(Buffer.from(text, "latin1"));
    silent.resume();
    await new Promise((resolve) => silent.once("close", resolve));
    const options = { ca: await readFile(authority.certificate), agent: false } as const;
    for (;;) {
      const reply = await once(get(`${served.url}/v2/`, options), "response").catch(() => undefined);
      if (reply === undefined) continue;
      expect(reply[0].statusCode).toBe(200);
      reply[0].resume();
      break;
    }
  });
});

describePeers("serve() with tls", ["openssl"], ({ openssl }) => {
  it("speaks HTTPS, and can cut a connection there too", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-serve-tls-"));
    const authority = await CertificateAuthority.create(openssl, folder.path);
    const issued = await authority.issue("server");
    const tls = { key: await readFile(issued.key), cert: await readFile(issued.certificate) };
    const ca = await readFile(authority.certificate);
    await using served = await serveFolder({
      tls,
      hook: (request, next) => {
        if (request.route.kind === "catalog") request.reset();
        return next();
      },
    });
    expect(served.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const options = { ca, agent: false } as const;
    const [reply] = await once(get(`${served.url}/v2/`, options), "response");
    expect(reply.statusCode).toBe(200);
    await once(reply.resume(), "end");
    await expect(once(get(`${served.url}/v2/_catalog`, options), "response")).rejects.toThrow();
  });
});
