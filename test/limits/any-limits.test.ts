import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { ConnectProxy } from "../support/connect-proxy.ts";
import { http2Front } from "../support/registry-front.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { CIRCLES, type CopyWithinOptions, copyWithin, limits } from "./any-limits.ts";

async function check(numRuns: number, road?: CopyWithinOptions["road"]): Promise<void> {
  const options = { connectMs: 5000, road };
  const property = fc.asyncProperty(limits({ slowestMs: 60 }), (given) => copyWithin(given, options));
  const examples = CIRCLES.map((circle): [typeof circle] => [circle]);
  // A run takes a small part of its time, unless it stalls.
  const times = { timeout: 30_000, interruptAfterTimeLimit: 80_000 };
  await fc.assert(property, { examples, numRuns, ...times, endOnFailure: true });
}

describe("copy() with any limits, targets and lines neither stalls nor retries", () => {
  it("directly", () => check(25));

  it("through a proxy", async () => {
    await using proxy = await ConnectProxy.start();
    await check(12, async (host) => ({
      options: { host: host.replace("127.0.0.1", "registry.test"), plainHttp: true, proxy: `http://${proxy.host}` },
      async [Symbol.asyncDispose]() {},
    }));
  });
});

describePeers("copy() with any limits, targets and lines neither stalls nor retries", ["openssl"], ({ openssl }) => {
  it("over HTTP/2", async () => {
    await using folder = await temporaryFolder("tranship-limits-");
    const authority = await CertificateAuthority.create(openssl, folder.path);
    const { certificate, key } = await authority.issue("server");
    const tls = { cert: await readFile(certificate), key: await readFile(key) };
    const ca = [await readFile(authority.certificate, "utf8")];
    await check(12, async (host) => {
      const front = await http2Front(host, tls);
      return {
        options: { host: `127.0.0.1:${front.port}`, tls: { ca } },
        [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
      };
    });
  });
});
