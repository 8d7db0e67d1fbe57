import { mkdir, readFile } from "node:fs/promises";
import { Registry, type RegistryStore } from "@tranship/core";
import type { Hook, RunningServer } from "tranship";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { ConnectProxy } from "../support/connect-proxy.ts";
import { http2Front } from "../support/registry-front.ts";
import { type Sample, sampleImage, seed } from "../support/sample-image.ts";
import type { CommandRun } from "./run-command.ts";
import { Workbench } from "./workbench.ts";

const PASSWORD = "s3cr3t:pä ss/1";
const MIB = 1024 * 1024;
/** A layer that the control lane carries, and ones for the blob lane. */
const LAYERS = [20_000, 300_000, 5 * MIB].map((size, at) => ({ seed: `layer ${at}`, size }));
const CONTENT = LAYERS.reduce((sum, { size }) => sum + size, 0);

describePeers("the command behind a proxy", ["openssl"], ({ openssl }) => {
  /** Registries by names that only a proxy knows, and a certificate for them. */
  class Place implements AsyncDisposable {
    readonly bench: Workbench;
    readonly authority: CertificateAuthority;
    readonly tls: { readonly cert: Buffer; readonly key: Buffer };
    readonly #registries: Registry[] = [];

    private constructor(bench: Workbench, authority: CertificateAuthority, tls: Place["tls"]) {
      this.bench = bench;
      this.authority = authority;
      this.tls = tls;
    }

    static async open(): Promise<Place> {
      const bench = await Workbench.open();
      await mkdir(bench.path("certificates"));
      const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
      const own = ["source", "target", "cdn", "front"].map((name) => `DNS:${name}.test`);
      const names = [...own, "IP:127.0.0.1", "IP:0.0.0.0"];
      const { certificate, key } = await authority.issue("server", { names });
      return new Place(bench, authority, { cert: await readFile(certificate), key: await readFile(key) });
    }

    /** The registry's content as it is, not through the proxy. */
    async repository({ address }: RunningServer, name: string): Promise<RegistryStore> {
      const ca = await readFile(this.authority.certificate, "utf8");
      const registry = new Registry({ host: address, tls: { ca: [ca] }, proxyEnv: {} });
      this.#registries.push(registry);
      return registry.repository(name);
    }

    /** A registry over TLS, or over http. */
    serve(hook?: Hook, { plain = false }: { readonly plain?: boolean } = {}): Promise<RunningServer> {
      return this.bench.serve(hook, plain ? undefined : this.tls);
    }

    run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandRun> {
      return this.bench.run([...args, "--ca", this.authority.certificate], { env });
    }

    async [Symbol.asyncDispose](): Promise<void> {
      for (const registry of this.#registries) await registry.close();
      await this.bench[Symbol.asyncDispose]();
    }
  }

  function named(name: string, { address }: RunningServer): string {
    return `${name}.test:${address.split(":")[1]}`;
  }

  async function expectWhole(store: RegistryStore, { blobs, root }: Sample, tag: string): Promise<void> {
    expect((await store.resolve(tag)).digest).toBe(root.descriptor.digest);
    for (const { descriptor, bytes } of blobs) {
      expect(Buffer.concat(await Array.fromAsync(await store.fetch(descriptor))).equals(bytes)).toBe(true);
    }
  }

  /** Nothing of a password, in any writing. */
  function expectNoSecret({ stdout, stderr }: CommandRun, password: string): void {
    const pair = Buffer.from(`me:${password}`).toString("base64");
    for (const secret of [password, encodeURIComponent(password), pair]) expect(stdout + stderr).not.toContain(secret);
  }

  it.each(["auto", "blob", "control"])("copies over TLS through tunnels, blobs too: lane %s", async (lane) => {
    await using place = await Place.open();
    await using proxy = await ConnectProxy.start();
    const [source, target] = [await place.serve(), await place.serve()];
    const image = sampleImage({ layers: LAYERS });
    await seed(await place.repository(source, "app"), image, "v1");
    const [from, to] = [named("source", source), named("target", target)];
    const args = ["--lane", lane, "copy", "-q", `${from}/app:v1`, `${to}/copy:v1`];
    const run = await place.run(args, { HTTPS_PROXY: `http://${proxy.host}` });
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
    await expectWhole(await place.repository(target, "copy"), image, "v1");
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${from}`, `CONNECT ${to}`]));
    expect(proxy.passed.sent).toBeGreaterThan(CONTENT);
    expect(proxy.passed.received).toBeGreaterThan(CONTENT);
  });

  it.each(["https", "http"] as const)(
    "shows a user name and password to the proxy, and nobody else: %s",
    async (scheme) => {
      await using place = await Place.open();
      await using proxy = await ConnectProxy.start({ credentials: `me:${PASSWORD}` });
      const shown: (string | undefined)[] = [];
      const hook: Hook = (request, next) => {
        shown.push(request.headers["proxy-authorization"]);
        return next();
      };
      const plain = scheme === "http";
      const [source, target] = [await place.serve(hook, { plain }), await place.serve(hook, { plain })];
      const image = sampleImage({ layers: LAYERS });
      await seed(await place.repository(source, "app"), image, "v1");
      const [from, to] = [named("source", source), named("target", target)];
      const plainHttp = plain ? ["--plain-http", from, "--plain-http", to] : [];
      const args = ["--log-level", "debug", "copy", "-q", ...plainHttp, `${from}/app:v1`, `${to}/copy:v1`];
      const proxyName = plain ? "http_proxy" : "HTTPS_PROXY";
      const url = `http://me:${encodeURIComponent(PASSWORD)}@${proxy.host}`;
      const run = await place.run(args, { [proxyName]: url });
      expect(run).toMatchObject({ code: 0, stdout: "" });
      expectNoSecret(run, PASSWORD);
      await expectWhole(await place.repository(target, "copy"), image, "v1");
      expect(new Set(shown)).toEqual(new Set([undefined]));
      // A tunnel for each connection; whole URLs over http.
      for (const line of proxy.asked)
        expect(line).toMatch(plain ? /^[A-Z]+ http:\/\/(source|target)\.test:/ : /^CONNECT /);
    },
  );

  it.each(["https", "http"] as const)(
    "says once what a proxy refuses, what to do, and no password: %s",
    async (scheme) => {
      await using place = await Place.open();
      await using proxy = await ConnectProxy.start({ credentials: `me:${PASSWORD}` });
      const plain = scheme === "http";
      const host = named("source", await place.serve(undefined, { plain }));
      const list = async (userInfo: string): Promise<CommandRun> => {
        const env = { [plain ? "HTTP_PROXY" : "HTTPS_PROXY"]: `http://${userInfo}${proxy.host}` };
        const run = await place.run(["--debug", "ls", ...(plain ? ["--plain-http", host] : []), `${host}/app`], env);
        expect(run).toMatchObject({ code: 1, stdout: "" });
        return run;
      };
      const wanted = `the proxy ${proxy.host} refused the user name or password, or wants them (407)`;
      const wrong = await list("me:wr0ng-pw@");
      expect(wrong.stderr).toContain(`${wanted}; give them in the proxy's URL: http://USER:PASSWORD@${proxy.host}\n`);
      expectNoSecret(wrong, "wr0ng-pw");
      expect((await list("")).stderr).toContain(wanted);
      // Nothing changes by another try.
      expect(proxy.asked).toHaveLength(2);

      proxy.refusal = 403;
      const right = `me:${encodeURIComponent(PASSWORD)}@`;
      const forbidden = await list(right);
      const what = plain
        ? `access is denied (403), at the registry or the proxy ${proxy.host}`
        : `the proxy ${proxy.host} made no connection to ${host} (403)`;
      expect(forbidden.stderr).toContain(`${what}; see the proxy's rules, or name the host in NO_PROXY\n`);
      expectNoSecret(forbidden, PASSWORD);
      expect(proxy.asked).toHaveLength(3);

      proxy.refusal = 502;
      const failed = await list(right);
      expect(failed.stderr).toContain(
        plain
          ? `the request failed (502), at the registry or the proxy ${proxy.host}\n`
          : `the proxy ${proxy.host} made no connection to ${host} (502)\n`,
      );
      expectNoSecret(failed, PASSWORD);
      // That may pass: five tries.
      expect(proxy.asked).toHaveLength(8);
    },
  );

  it("asks hosts of NO_PROXY directly", async () => {
    await using place = await Place.open();
    await using proxy = await ConnectProxy.start();
    const port = (await place.serve()).address.split(":")[1];
    // An address of this machine that is not taken for loopback.
    const host = `0.0.0.0:${port}`;
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    const good = { code: 0, stdout: "", stderr: "" };
    expect(await place.run(["repos", host], env)).toEqual(good);
    expect(proxy.asked).toEqual([`CONNECT ${host}`]);
    for (const entry of ["0.0.0.0", host, "r.example,0.0.0.0/8", "*"]) {
      expect(await place.run(["repos", host], { ...env, NO_PROXY: entry }), entry).toEqual(good);
    }
    expect(proxy.asked).toHaveLength(1);
  });

  it.each(["https", "http"] as const)("asks a proxy over TLS, and checks its certificate: %s", async (scheme) => {
    await using place = await Place.open();
    await using proxy = await ConnectProxy.start({ tls: place.tls, credentials: `me:${PASSWORD}` });
    const plain = scheme === "http";
    const [source, target] = [await place.serve(undefined, { plain }), await place.serve(undefined, { plain })];
    const image = sampleImage({ layers: LAYERS });
    await seed(await place.repository(source, "app"), image, "v1");
    const [from, to] = [named("source", source), named("target", target)];
    const plainHttp = plain ? ["--plain-http", from, "--plain-http", to] : [];
    const url = `https://me:${encodeURIComponent(PASSWORD)}@${proxy.host}`;
    const env = { [plain ? "HTTP_PROXY" : "HTTPS_PROXY"]: url };
    const run = await place.run(["copy", "-q", ...plainHttp, `${from}/app:v1`, `${to}/copy:v1`], env);
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
    await expectWhole(await place.repository(target, "copy"), image, "v1");

    const asked = proxy.asked.length;
    const refused = await place.bench.run(["ls", ...plainHttp, `${from}/app`], { env });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      new RegExp(`the certificate of the proxy ${proxy.host} is not trusted \\(\\w+\\).*; give its CA with --ca\n$`),
    );
    expectNoSecret(refused, PASSWORD);
    expect(proxy.asked).toHaveLength(asked);
  });

  it("follows a registry's redirects to another host through the proxy", async () => {
    await using place = await Place.open();
    await using proxy = await ConnectProxy.start();
    const storage = await place.serve();
    const image = sampleImage({ layers: LAYERS });
    await seed(await place.repository(storage, "app"), image, "v1");
    const source = await place.serve(async ({ path, method }, next) => {
      const isBlob = method === "GET" && path.includes("/blobs/sha256:");
      return isBlob ? { status: 307, headers: { location: `https://${named("cdn", storage)}${path}` } } : next();
    });
    await seed(await place.repository(source, "app"), image, "v1");
    const from = named("source", source);
    const args = ["copy", "-q", `${from}/app:v1`, "oci:copied:v1"];
    expect(await place.run(args, { HTTPS_PROXY: proxy.host })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${from}`, `CONNECT ${named("cdn", storage)}`]));
  });

  it("speaks HTTP/2 inside a tunnel with a server that speaks nothing else", async () => {
    await using place = await Place.open();
    await using proxy = await ConnectProxy.start();
    const [source, target] = [await place.serve(undefined, { plain: true }), await place.serve()];
    const image = sampleImage({ layers: LAYERS });
    await seed(await place.repository(source, "app"), image, "v1");
    await using front = await http2Front(source.address, place.tls);
    const args = ["copy", "-q", `front.test:${front.port}/app:v1`, `${named("target", target)}/copy:v1`];
    expect(await place.run(args, { HTTPS_PROXY: proxy.host })).toEqual({ code: 0, stdout: "", stderr: "" });
    await expectWhole(await place.repository(target, "copy"), image, "v1");
    expect(front.asked.filter((line) => line.includes("/blobs/"))).toHaveLength(image.blobs.length);
  });

  it("refuses a proxy that is none before anything is sent, and shows nothing of it", async () => {
    await using place = await Place.open();
    for (const [value, why] of [
      ["socks5://me:s3cr3t@127.0.0.1:1", "expected http://HOST:PORT or https://HOST:PORT"],
      ["http://me:s3cr3t%zz@127.0.0.1:1", '"%" in its user name or password must be written %25'],
    ] as const) {
      const run = await place.run(["ls", "r.example/app"], { HTTPS_PROXY: value });
      expect(run).toEqual({ code: 2, stdout: "", stderr: `tranship: Bad proxy in HTTPS_PROXY: ${why}\n` });
    }
  });
});
