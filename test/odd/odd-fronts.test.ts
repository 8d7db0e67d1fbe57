import { mkdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Workbench } from "../cli/workbench.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { ConnectProxy } from "../support/connect-proxy.ts";
import { oddFront } from "../support/odd-front.ts";
import { sampleIndex, seed } from "../support/sample-image.ts";

const MIB = 1024 * 1024;
const image = sampleIndex({ layerSize: 3 * MIB });
const CONTENT = image.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);

const FRONTS = [
  ["a header over two lines", {}],
  ["an unasked 100 Continue", { before: "HTTP/1.1 100 Continue\r\n\r\n", inside: "" }],
] as const;

describe("a copy whose target and source give each answer", () => {
  it.each(FRONTS)("%s brings the image whole, and is unchanged the next time", async (_, options) => {
    await using bench = await Workbench.open();
    const [from, to] = [await bench.serve(), await bench.serve()];
    await seed(bench.repository(from, "app"), image, "v1");
    await using source = await oddFront(from.address, options);
    await using target = await oddFront(to.address, options);
    const args = ["copy", `${source.host}/app:v1`, `${target.host}/mirror:v1`];
    const run = await bench.run(args);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const stored = await bench.repository(to, "mirror").resolve("v1");
    expect(stored.digest).toBe(image.root.descriptor.digest);
    expect((await bench.run(args)).stdout).toContain("Unchanged");
    expect(await bench.run(["verify", "--deep", ...args.slice(1)])).toMatchObject({ code: 0 });
  });
});

describePeers("a copy from a source that gives odd answers", ["openssl"], ({ openssl }) => {
  it("over TLS with a client certificate, through a CONNECT proxy, shows the certificate and passes the proxy each time", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("certificates"));
    const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
    const server = await authority.issue("server", { names: ["DNS:source.test", "IP:127.0.0.1"] });
    const client = await authority.issue("client", { use: "clientAuth" });
    const from = await bench.serve();
    await seed(bench.repository(from, "app"), image, "v1");
    await using source = await oddFront(from.address, {
      tls: {
        cert: await readFile(server.certificate),
        key: await readFile(server.key),
        ca: await readFile(authority.certificate),
        requestCert: true,
        rejectUnauthorized: true,
      },
    });
    await using proxy = await ConnectProxy.start();
    const port = source.host.slice(source.host.indexOf(":"));
    const env = { https_proxy: `http://${proxy.host}`, no_proxy: "" };
    const args = ["--ca", authority.certificate, `source.test${port}/app:v1`, "oci:layout:v1"];
    const shown = ["--client-cert", `${client.certificate}:${client.key}`];
    expect(await bench.run(["copy", ...shown, ...args], { env })).toMatchObject({ code: 0, stderr: "" });
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT source.test${port}`]));
    expect(proxy.passed.received).toBeGreaterThan(CONTENT);
    expect(proxy.passed.received).toBeLessThan(1.2 * CONTENT);
    // Without the certificate the lenient way is no way in.
    const refused = await bench.run(["copy", ...args.slice(0, 3), "oci:other:v1"], { env });
    expect(refused.code).toBe(1);
    expect(await bench.entries()).not.toContain("other");
  });
});
