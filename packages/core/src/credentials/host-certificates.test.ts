import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostCertificates } from "./host-certificates.ts";

const HOST = "r.example:5000";
let base: string;
let keys: string;
let roots: [string, string];

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), "tranship-keys-"));
  for (const name of ["one", "two"]) {
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`;
    await promisify(execFile)("openssl", args.split(" "), { cwd: keys });
  }
});
afterAll(() => rm(keys, { recursive: true, force: true }));
beforeEach(async () => {
  base = await mkdtemp(join(keys, "case-"));
  roots = [join(base, "first"), join(base, "second")];
  await Promise.all(roots.map((root) => mkdir(join(root, HOST), { recursive: true })));
});

/** Puts `one.pem` or another source as a file of the host's folder in the first root; returns its text. */
async function put(source: string, name: string, folder: string = join(roots[0], HOST)): Promise<string> {
  await copyFile(join(keys, source), join(folder, name));
  return readFile(join(keys, source), "utf8");
}

describe("hostCertificates()", () => {
  it("hostCertificates() reads authorities by name, and the client's pair", async () => {
    const two = await put("two.pem", "b.crt");
    const one = await put("one.pem", "a.crt");
    const cert = await put("one.pem", "client.cert");
    const key = await put("one.key", "client.key");
    await put("two.pem", "later.cert");
    await put("two.key", "later.key");
    await put("two.pem", "ignored.pem");
    expect(await hostCertificates(HOST, { roots })).toEqual({ ca: [one, two], cert, key });
  });

  it("hostCertificates() has none for another host or port, and takes the first folder that exists alone", async () => {
    const ca = await put("one.pem", "ca.crt", join(roots[1], HOST));
    expect(await hostCertificates("r.example", { roots })).toEqual({ ca: [] });
    expect(await hostCertificates(HOST, { roots })).toEqual({ ca: [] });
    await rm(join(roots[0], HOST), { recursive: true });
    expect(await hostCertificates(HOST, { roots })).toEqual({ ca: [ca] });
  });

  it("hostCertificates() looks into the user's folder first by default", async () => {
    const folder = join(base, ".config/containers/certs.d", HOST);
    await mkdir(folder, { recursive: true });
    const ca = await put("one.pem", "ca.crt", folder);
    expect(await hostCertificates(HOST, { env: { HOME: base } })).toEqual({ ca: [ca] });
  });

  it("hostCertificates() reads certDir itself in place of the roots, and requires it", async () => {
    await put("one.pem", "ca.crt");
    const certDir = join(base, "own");
    await expect(hostCertificates(HOST, { roots, certDir })).rejects.toThrow(
      `Cannot use the certificates in "${certDir}": there is no such folder`,
    );
    await mkdir(certDir);
    const ca = await put("two.pem", "ca.crt", certDir);
    expect(await hostCertificates(HOST, { roots, certDir })).toEqual({ ca: [ca] });
  });

  it("hostCertificates() refuses half a pair and a pair that does not match", async () => {
    const folder = join(roots[0], HOST);
    await put("one.pem", "client.cert");
    const expectFailure = (message: string): Promise<void> =>
      expect(hostCertificates(HOST, { roots })).rejects.toMatchObject({
        code: "TLS",
        message: expect.stringContaining(message),
      });
    await expectFailure(
      `"${folder}/client.cert": its key "client.key" is missing (an authority's certificate is named .crt)`,
    );
    await put("two.key", "client.key");
    await expectFailure('client.cert": it does not belong to the key "client.key"');
    await rm(join(folder, "client.cert"));
    await expectFailure('client.key": its client certificate "client.cert" is missing');
  });

  it("hostCertificates() refuses what is no PEM without showing it, and passes over a link that leads nowhere", async () => {
    const folder = join(roots[0], HOST);
    await symlink("gone", join(folder, "gone.crt"));
    expect(await hostCertificates(HOST, { roots })).toEqual({ ca: [] });
    await put("one.pem", "client.cert");
    await writeFile(join(folder, "client.key"), "hunter2-secret");
    const error: unknown = await hostCertificates(HOST, { roots }).catch((error: unknown) => error);
    expect(String(error)).toContain('client.key": it is not a private key in PEM, or it is encrypted');
    expect(String(error)).not.toContain("hunter2");
    await writeFile(join(folder, "ca.crt"), "junk");
    await expect(hostCertificates(HOST, { roots })).rejects.toThrow('ca.crt": it is not a certificate in PEM');
  });

  it.each(["../etc", "a/b", "..", ".", "", "a\\b", "h\0"])("hostCertificates() refuses the host %j", async (host) => {
    await expect(hostCertificates(host, { roots })).rejects.toThrow(TypeError);
  });
});
