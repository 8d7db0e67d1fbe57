import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { Hook } from "tranship";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { ConnectProxy } from "../support/connect-proxy.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage({ layers: 1 });
/** The config and the layer. */
const BLOBS = IMAGE.blobs.length;
const GOOD = { code: 0, stdout: "", stderr: "" };

/** Redirects reads of blobs to the same path of another server. */
function redirectBlobs(storage: () => string): Hook {
  return async (request, next) =>
    request.method === "GET" && request.route.kind === "blob"
      ? { status: 307, headers: { location: `${storage()}${request.path}` } }
      : next();
}

/** Counts the requests for blobs. */
function counting(): { readonly hook: Hook; count: number } {
  const counter = {
    count: 0,
    hook: ((request, next) => {
      if (request.method === "GET" && request.route.kind === "blob") counter.count += 1;
      return next();
    }) satisfies Hook,
  };
  return counter;
}

describePeers("a registry that redirects to storage", ["openssl"], ({ openssl }) => {
  it("over http is followed with --allow-http-redirect or allowHttpRedirectTo, which the message names", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("certificates"));
    const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
    const { certificate, key } = await authority.issue("server");
    const tls = { cert: await readFile(certificate), key: await readFile(key) };
    const counter = counting();
    const storage = await bench.serve(counter.hook);
    await seed(bench.repository(storage, "app"), IMAGE, "v1");
    // The manifest is read here, and its blobs there.
    const origin = await bench.serve(
      async (request, next) =>
        request.route.kind === "manifest"
          ? { status: 200, headers: { "content-type": IMAGE.root.descriptor.mediaType }, body: IMAGE.root.bytes }
          : redirectBlobs(() => storage.url)(request, next),
      tls,
    );
    const copy = (...flags: readonly string[]) =>
      bench.run(["copy", "-q", "--ca", authority.certificate, ...flags, `${origin.address}/app:v1`, "oci:out:v1"]);

    const refused = await copy();
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(
      `the Location is refused: ${storage.address} would be requested over http; to allow it, list ${storage.address} in allowHttpRedirectTo; ` +
        `that is --allow-http-redirect ${storage.address}, or this key of the registry under hosts in a mirror file\n`,
    );
    expect((await copy("--allow-http-redirect", "127.0.0.1:1")).code).toBe(1);
    expect((await copy("--allow-redirect", storage.address)).code).toBe(1);
    expect(counter.count).toBe(0);
    expect(await copy("--allow-http-redirect", storage.address)).toEqual(GOOD);
    expect(counter.count).toBe(BLOBS);

    const target = await bench.serve();
    const sync = async (settings: object) => {
      const hosts = { [origin.address]: { ca: authority.certificate, ...settings } };
      const mirrors = [{ from: `${origin.address}/app`, to: `${target.address}/app`, tags: "v1" }];
      await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, hosts, mirrors }));
      return bench.run(["sync", "-q", "--no-state", "-f", "mirror.yaml"]);
    };
    expect((await sync({})).code).toBe(1);
    expect((await sync({ allowHttpRedirectTo: ["127.0.0.1:1"] })).code).toBe(1);
    expect(await sync({ allowHttpRedirectTo: [storage.address] })).toEqual(GOOD);
    expect((await bench.repository(target, "app").resolve("v1")).digest).toBe(IMAGE.root.descriptor.digest);
    const malformed = await sync({ allowHttpRedirectTo: [storage.url], allowRedirectTo: ["a b"] });
    expect(malformed.code).toBe(2);
    expect(malformed.stderr).toMatch(/hosts\[".*"\]\.allowHttpRedirectTo\[0\]: .*HOST:PORT/);
    expect(malformed.stderr).toMatch(/hosts\[".*"\]\.allowRedirectTo\[0\]: /);
  });

  it("on this machine is followed from elsewhere with --allow-redirect or allowRedirectTo, which the message names", async () => {
    await using bench = await Workbench.open();
    await using proxy = await ConnectProxy.start();
    const counter = counting();
    const storage = await bench.serve(counter.hook);
    await seed(bench.repository(storage, "app"), IMAGE, "v1");
    const origin = await bench.serve(redirectBlobs(() => storage.url));
    await seed(bench.repository(origin, "app"), IMAGE, "v1");
    // A name that only the proxy knows: nothing says that this registry is on a private address.
    const host = `registry.test:${origin.port}`;
    const env = { HTTP_PROXY: `http://${proxy.host}` };
    const copy = (...flags: readonly string[]) =>
      bench.run(["copy", "-q", "--plain-http", host, ...flags, `${host}/app:v1`, "oci:out:v1"], { env });

    const refused = await copy();
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/: 127\.0\.0\.1:\d+ is not a public address \(loopback\)/);
    expect(refused.stderr).toContain(`; that is --allow-redirect ${storage.address}, or this key of the registry`);
    expect((await copy("--allow-http-redirect", storage.address)).code).toBe(1);
    expect(counter.count).toBe(0);
    expect(await copy("--allow-redirect", storage.address)).toEqual(GOOD);
    expect(counter.count).toBe(BLOBS);

    const hosts = { [host]: { plainHttp: true, allowRedirectTo: [storage.address] } };
    const target = await bench.serve();
    const mirrors = [{ from: `${host}/app`, to: `${target.address}/app`, tags: "v1" }];
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, hosts, mirrors }));
    expect(await bench.run(["sync", "-q", "--no-state", "-f", "mirror.yaml"], { env })).toEqual(GOOD);
    expect(counter.count).toBe(2 * BLOBS);
  });

  it.each(["--allow-redirect", "--allow-http-redirect"])(
    "is a host: %s refuses anything else at the start",
    async (flag) => {
      await using bench = await Workbench.open();
      const run = await bench.run(["ls", flag, "http://storage.example", "registry.example/app"]);
      expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("write HOST or HOST:PORT") });
    },
  );

  it.each([
    "169.254.169.254",
    "168.63.129.16",
    "10.0.0.1",
    "192.0.0.192",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
  ])("is not followed to %s from a registry elsewhere", async (address) => {
    await using bench = await Workbench.open();
    await using proxy = await ConnectProxy.start();
    const origin = await bench.serve(async (request, next) =>
      request.route.kind === "tags" ? { status: 307, headers: { location: `http://${address}/latest` } } : next(),
    );
    const host = `registry.test:${origin.port}`;
    const env = { HTTP_PROXY: `http://${proxy.host}` };
    const run = await bench.run(["ls", "--plain-http", host, `${host}/app`], { env });
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain("is not a public address");
    expect(proxy.asked.filter((line) => !line.includes(" http://registry.test:"))).toEqual([]);
  });
});
