import { mkdir, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { legacyServer } from "../peers/gnutls-server.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { Workbench } from "./workbench.ts";

/** An image without children: the one answer that the server gives is all that a copy reads. */
const EMPTY_INDEX = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';

describePeers("a registry without secure renegotiation", ["openssl", "gnutls-serv"], (peers) => {
  it("is refused, with what to do, and copied from with --legacy-tls or legacyTls", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("certificates"));
    const authority = await CertificateAuthority.create(peers.openssl, bench.path("certificates"));
    const answer = bench.path("answer");
    await writeFile(answer, EMPTY_INDEX);
    await using source = await legacyServer(peers["gnutls-serv"], await authority.issue("server"), answer);
    const { address: target } = await bench.serve();
    const from = source.address;
    const [ca, legacy] = [
      ["--ca", authority.certificate],
      ["--legacy-tls", from],
    ];
    const copy = ["copy", `${from}/app:v1`, `${target}/app:v1`];

    const hint = new RegExp(
      `: ${from} does not support secure renegotiation [^\\n]*; that is --legacy-tls ${from}, or legacyTls of this host under hosts in a mirror file\\n$`,
    );
    for (const other of [[], ["--legacy-tls", "r.example"], ["--insecure", from]]) {
      const refused = await bench.run([...copy, ...ca, ...other]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(hint);
    }
    for (const lane of ["control", "blob", "auto"]) {
      const to = `${target}/${lane}:v1`;
      expect(await bench.run([...copy.slice(0, 2), to, ...ca, ...legacy, "--lane", lane])).toMatchObject({ code: 0 });
      expect((await bench.run(["manifest", "get", to])).stdout.trim()).toBe(EMPTY_INDEX);
    }
    // The certificate is checked all the same.
    expect((await bench.run([...copy, ...legacy])).stderr).toContain("is not trusted");

    const mirror = (legacyTls: boolean): string =>
      JSON.stringify({
        version: 1,
        hosts: { [from]: { ca: authority.certificate, legacyTls } },
        mirrors: [{ from: `${from}/app:v1`, to: `${target}/sync` }],
      });
    await writeFile(bench.path("mirror.yaml"), mirror(false));
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 1 });
    await writeFile(bench.path("mirror.yaml"), mirror(true));
    expect(await bench.run(["sync", "-f", "mirror.yaml"])).toMatchObject({ code: 0 });
    expect((await bench.run(["manifest", "get", `${target}/sync:v1`])).stdout.trim()).toBe(EMPTY_INDEX);
  });
});

it("--legacy-tls and legacyTls exclude http, and take hosts alone, before anything is sent", async () => {
  await using bench = await Workbench.open();
  const bad = [
    ["repos", "r.example", "--legacy-tls", "r.example", "--plain-http", "r.example"],
    ["repos", "r.example", "--legacy-tls", "https://r.example"],
    ["sync", "-f", "mirror.yaml"],
  ];
  const hosts = { "a.b": { legacyTls: true, plainHttp: true } };
  await writeFile(
    bench.path("mirror.yaml"),
    JSON.stringify({ version: 1, hosts, mirrors: [{ from: "a.b/c", to: "d.e/f" }] }),
  );
  const messages: string[] = [];
  for (const args of bad) {
    const { code, stderr } = await bench.run(args);
    expect(code).toBe(2);
    messages.push(stderr);
  }
  expect(messages[0]).toContain('--plain-http and --legacy-tls exclude each other for "r.example"');
  expect(messages[1]).toContain("https://r.example");
  expect(messages[2]).toContain("legacyTls and plainHttp exclude each other");
});
