import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describePeers } from "../../../../../test/peers/describe-peers.ts";
import { legacyServer } from "../../../../../test/peers/gnutls-server.ts";
import { CertificateAuthority } from "../../../../../test/support/certificates.ts";
import { ConnectProxy } from "../../../../../test/support/connect-proxy.ts";
import { temporaryFolder } from "../../../../../test/support/temporary-folder.ts";
import { cleanups, client, failure, read, serve } from "../../../../../test/support/transport-setup.ts";

describePeers("tls.legacyHosts", ["openssl", "gnutls-serv"], (peers) => {
  /** A server without secure renegotiation, and the authority of its certificate. */
  async function legacy(): Promise<{ readonly host: string; readonly ca: readonly string[] }> {
    const folder = await temporaryFolder("tranship-legacy-");
    cleanups.push(async () => folder[Symbol.asyncDispose]());
    const authority = await CertificateAuthority.create(peers.openssl, folder.path);
    const answer = join(folder.path, "answer");
    await writeFile(answer, "ok");
    const server = await legacyServer(
      peers["gnutls-serv"],
      await authority.issue("server", { names: ["IP:127.0.0.1", "DNS:registry.test"] }),
      answer,
    );
    cleanups.push(async () => server[Symbol.asyncDispose]());
    return { host: server.address, ca: [await readFile(authority.certificate, "utf8")] };
  }

  it("allows a server without secure renegotiation, on both lanes and in a tunnel; without it the message names it", async () => {
    const { host, ca } = await legacy();
    const proxy = await ConnectProxy.start();
    cleanups.push(() => proxy[Symbol.asyncDispose]());
    // No proxy is asked for what is on this machine.
    const behind = host.replace("127.0.0.1", "registry.test");
    for (const [name, way] of [
      [host, { lane: "control" }],
      [host, { lane: "blob" }],
      [behind, { proxy: `http://${proxy.host}` }],
    ] as const) {
      for (const legacyHosts of [undefined, [], ["r.example", name.replace(/\d+$/, "1")]]) {
        const refused = await failure(read(client(name, { tls: { ca, legacyHosts }, ...way })));
        const why = "does not support secure renegotiation (RFC 5746)";
        expect(refused).toMatchObject({
          code: "TLS",
          message: expect.stringContaining(`: ${name} ${why}; to allow it, list ${name} in tls.legacyHosts`),
        });
      }
      for (const allowed of [name, name.replace(/:\d+$/, "")]) {
        expect(await read(client(name, { tls: { ca, legacyHosts: [allowed] }, ...way }))).toBe("ok");
      }
    }
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${behind}`]));
  });

  it("allows it to a host that the registry leads to, and checks its certificate all the same", async () => {
    const { host, ca } = await legacy();
    const registry = (
      await serve((_, response) => void response.writeHead(307, { location: `https://${host}/blob` }).end())
    ).replace("127.0.0.1", "localhost");
    for (const lane of ["control", "blob"] as const) {
      const made = (tls: object) => client(registry, { plainHttp: true, lane, tls });
      expect(await failure(read(made({ ca, legacyHosts: [registry] })))).toMatchObject({ code: "TLS" });
      expect(await read(made({ ca, legacyHosts: [host] }))).toBe("ok");
      expect(await failure(read(made({ legacyHosts: [host] })))).toMatchObject({
        message: expect.stringContaining("is not trusted"),
      });
    }
  });
});

it("tls.legacyHosts refuses what is no host before anything is sent", () => {
  expect(() => client("r.example", { tls: { legacyHosts: ["https://r.example"] } })).toThrow(
    'Bad tls.legacyHosts[0] "https://r.example": expected HOST or HOST:PORT',
  );
});
