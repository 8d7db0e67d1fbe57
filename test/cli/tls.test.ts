import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { Workbench } from "./workbench.ts";

describePeers("a registry with a certificate of a private authority", ["openssl"], ({ openssl }) => {
  it("is refused, with what to do, until --ca, --cert-dir, certs.d or --insecure", async () => {
    await using bench = await Workbench.open();
    await mkdir(bench.path("certificates"));
    const authority = await CertificateAuthority.create(openssl, bench.path("certificates"));
    const { certificate, key } = await authority.issue("server");
    const { address } = await bench.serve(undefined, { cert: await readFile(certificate), key: await readFile(key) });

    const refused = await bench.run(["repos", address]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^tranship: Cannot [^\n]* not trusted [^\n]*--ca[^\n]*--insecure[^\n]*\n$/);

    const good = { code: 0, stdout: "", stderr: "" };
    expect(await bench.run(["repos", "--insecure", address, address])).toEqual(good);
    expect(await bench.run(["repos", "--ca", `${address}=${authority.certificate}`, address])).toEqual(good);
    expect(await bench.run(["repos", "--ca", authority.certificate, address])).toEqual(good);
    expect(await bench.run(["repos", "--cert-dir", authority.folder, address])).toEqual(good);
    const other = await bench.run(["repos", "--ca", `r.example=${authority.certificate}`, address]);
    expect(other.code).toBe(1);

    const own = bench.path(".config", "containers", "certs.d", address);
    await mkdir(own, { recursive: true });
    await writeFile(`${own}/ca.crt`, await readFile(authority.certificate));
    expect(await bench.run(["repos", address])).toEqual(good);
  });
});
