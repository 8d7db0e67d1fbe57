import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { OCI_LAYER, type RegistryStore } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { BigBlob } from "../support/big-blob.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { FakeCloud } from "../support/fake-cloud.ts";
import { http2Front, httpFront } from "../support/registry-front.ts";
import { type Sample, sampleImage, seed } from "../support/sample-image.ts";
import { COMMAND } from "./run-command.ts";
import { Workbench } from "./workbench.ts";

const GOOD = { code: 0, stdout: "", stderr: "" };
const MIB = 1024 * 1024;
/** A layer that the control lane carries, and ones for the blob lane. */
const LAYERS = [20_000, 300_000, 5 * MIB].map((size, at) => ({ seed: `layer ${at}`, size }));

async function expectWhole(store: RegistryStore, { blobs, root }: Sample): Promise<void> {
  expect((await store.resolve("v1")).digest).toBe(root.descriptor.digest);
  for (const { descriptor, bytes } of blobs) {
    expect(Buffer.concat(await Array.fromAsync(await store.fetch(descriptor))).equals(bytes)).toBe(true);
  }
}

/** The environment of a Node that runs this program first. */
function running(program: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` };
}

describe("the bundle", () => {
  it("has no file that cannot be loaded", async () => {
    const folder = new URL("../dist/command/", `file://${COMMAND}`);
    const files = (await readdir(folder)).filter((name) => name.endsWith(".js"));
    expect(files.length).toBeGreaterThan(40);
    const urls = files.map((name) => new URL(name, folder).href);
    const program = `for (const url of ${JSON.stringify(urls)}) await import(url); console.log("loaded");`;
    const loading = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    expect(await loading).toEqual({ stdout: "loaded\n", stderr: "" });
  });

  it("says that a name is unknown", async () => {
    await using bench = await Workbench.open();
    const run = await bench.run(["ls", "no-such-host.invalid/app"]);
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^tranship: Cannot list the tags of "no-such-host\.invalid\/app": the name no-such-host\.invalid cannot be resolved \(E\w+\)\n$/,
    );
  });

  it("asks docker's credential helpers", async () => {
    await using bench = await Workbench.open();
    await using registry = await FakeCloud.start(({ headers }) => {
      const isRight = headers.authorization === `Basic ${Buffer.from("helped:s3cr3t").toString("base64")}`;
      if (isRight) return { body: { name: "app", tags: ["v1"] } };
      return { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: "{}" };
    });
    await mkdir(bench.path("bin"));
    const helper = bench.path("bin", "docker-credential-test");
    const script = `#!/bin/sh\nread host\necho "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"helped\\",\\"Secret\\":\\"s3cr3t\\"}"\n`;
    await writeFile(helper, script);
    await chmod(helper, 0o755);
    await mkdir(bench.path(".docker"));
    await writeFile(bench.path(".docker", "config.json"), JSON.stringify({ credHelpers: { [registry.host]: "test" } }));
    const PATH = `${bench.path("bin")}:${process.env["PATH"]}`;
    const args = ["ls", "--plain-http", registry.host, `${registry.host}/app`];
    expect(await bench.run(args, { env: { PATH } })).toEqual({ code: 0, stdout: "v1\n", stderr: "" });
    const without = await bench.run(args);
    expect(without.stderr).toMatch(/docker-credential-test/);
    expect(without.code).not.toBe(0);
  });

  it("hashes a lone big blob on a thread of its own", async () => {
    await using bench = await Workbench.open();
    const blob = new BigBlob(64 * MIB);
    const [source, target] = [await bench.serve(), await bench.serve()];
    await bench.repository(source, "app").push(blob.descriptor, async (offset) => blob.from(offset));
    const image = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { ...blob.descriptor, mediaType: "application/vnd.example.config" },
      layers: [{ ...blob.descriptor, mediaType: OCI_LAYER }],
    });
    await writeFile(bench.path("manifest.json"), image);
    expect((await bench.run(["manifest", "put", `${source.address}/app:v1`, "manifest.json"])).code).toBe(0);
    // A machine with idle cores, and how many pieces its threads say that they have hashed.
    const program = `
      const os = process.getBuiltinModule("node:os");
      os.loadavg = () => [0, 0, 0];
      os.availableParallelism = () => 8;
      const threads = process.getBuiltinModule("node:worker_threads");
      let [started, pieces] = [0, 0];
      threads.Worker = class extends threads.Worker {
        constructor(...given) {
          super(...given);
          started += 1;
          this.on("message", () => { pieces += 1; });
        }
      };
      process.on("exit", () => process.stderr.write(JSON.stringify({ started, pieces })));`;
    const args = ["copy", "-q", `${source.address}/app:v1`, `${target.address}/app:v1`];
    const run = await bench.run(args, { env: running(program) });
    expect(run).toMatchObject({ code: 0, stdout: "" });
    const { started, pieces } = JSON.parse(run.stderr);
    expect(started).toBe(1);
    // A piece is at most 1 MiB, and the last message is the digest.
    expect(pieces).toBeGreaterThan(64);
  });

  it("writes spans where tracing is set up", async () => {
    await using bench = await Workbench.open();
    const { address } = await bench.serve();
    const api = import.meta.resolve("@opentelemetry/api");
    const sdk = import.meta.resolve("@opentelemetry/sdk-trace-base");
    const program = `
      import { trace } from ${JSON.stringify(api)};
      import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from ${JSON.stringify(sdk)};
      const exporter = new InMemorySpanExporter();
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
      process.on("exit", () => {
        for (const { name, attributes } of exporter.getFinishedSpans())
          process.stderr.write(name + " " + attributes["url.full"] + "\\n");
      });`;
    const { code, stderr } = await bench.run(["repos", address], { env: running(program) });
    expect(code).toBe(0);
    expect(stderr).toBe(`GET http://${address}/v2/_catalog?n=1000\n`);
  });
});

describePeers("the bundle over TLS", ["openssl"], ({ openssl }) => {
  it.each(["auto", "blob", "control"])("copies between registries that speak only HTTP/2: lane %s", async (lane) => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("certificates"));
    const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
    const { certificate, key } = await authority.issue("server");
    const tls = { cert: await readFile(certificate), key: await readFile(key) };
    const [source, target] = [await bench.serve(), await bench.serve()];
    const image = sampleImage({ layers: LAYERS });
    await seed(bench.repository(source, "app"), image, "v1");
    await using from = await http2Front(source.address, tls);
    await using to = await http2Front(target.address, tls);
    const [SRC, DST] = [`127.0.0.1:${from.port}/app:v1`, `127.0.0.1:${to.port}/copy:v1`];
    const args = ["--lane", lane, "copy", "-q", "--ca", authority.certificate, SRC, DST];
    expect(await bench.run(args)).toEqual(GOOD);
    await expectWhole(bench.repository(target, "copy"), image);
    const blobs = (asked: readonly string[], method: string): readonly string[] =>
      asked.filter((line) => line.startsWith(`${method} `) && line.includes("/blobs/"));
    expect(blobs(from.asked, "GET")).toHaveLength(image.blobs.length);
    expect(blobs(to.asked, "PUT")).toHaveLength(image.blobs.length);
  });

  it.each(["auto", "blob", "control"])(
    "shows a client's certificate, from a flag and from certs.d: lane %s",
    async (lane) => {
      await using bench = await Workbench.open();
      await mkdir(bench.path("certificates"));
      const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
      const own = await authority.issue("server");
      const client = await authority.issue("client", { use: "clientAuth" });
      const ca = await readFile(authority.certificate);
      const tls = { cert: await readFile(own.certificate), key: await readFile(own.key), ca, requestCert: true };
      const [source, target] = [await bench.serve(), await bench.serve()];
      const image = sampleImage({ layers: LAYERS });
      await seed(bench.repository(source, "app"), image, "v1");
      await using from = await httpFront(source.address, { ...tls, rejectUnauthorized: true });
      await using to = await httpFront(target.address, { ...tls, rejectUnauthorized: true });
      const [SRC, DST] = [`127.0.0.1:${from.port}`, `127.0.0.1:${to.port}`];
      const args = ["--lane", lane, "copy", "-q", "--ca", authority.certificate];
      const places = [`${SRC}/app:v1`, `${DST}/flag:v1`];
      const refused = await bench.run([...args, "--retries", "0", ...places]);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(from.asked).toEqual([]);
      expect(await bench.run([...args, "--client-cert", `${client.certificate}:${client.key}`, ...places])).toEqual(
        GOOD,
      );
      await expectWhole(bench.repository(target, "flag"), image);

      for (const host of [SRC, DST]) {
        const folder = bench.path(".config", "containers", "certs.d", host);
        await mkdir(folder, { recursive: true });
        await writeFile(`${folder}/ca.crt`, ca);
        await writeFile(`${folder}/client.cert`, await readFile(client.certificate));
        await writeFile(`${folder}/client.key`, await readFile(client.key));
      }
      const byFolder = ["--lane", lane, "copy", "-q", `${SRC}/app:v1`, `${DST}/folder:v1`];
      expect(await bench.run(byFolder)).toEqual(GOOD);
      await expectWhole(bench.repository(target, "folder"), image);
    },
  );
});
