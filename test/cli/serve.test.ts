import { writeFile } from "node:fs/promises";
import { hash } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { CertificateAuthority } from "../support/certificates.ts";
import { startCommand } from "./run-command.ts";
import { Workbench } from "./workbench.ts";

describe("tranship serve", () => {
  it.each([
    ["a password file that is not there", ["--htpasswd", "none"], /htpasswd file "none": .*no such file/],
    [
      "a password file with another hash",
      ["--htpasswd", "md5"],
      /htpasswd file "md5": line 1: expected USER:HASH with a bcrypt/,
    ],
    ["a certificate without a key", ["--tls-cert", "md5"], /--tls-cert and --tls-key need each other/],
    ["a certificate that is none", ["--tls-cert", "md5", "--tls-key", "md5"], /Cannot speak TLS with "md5" and "md5"/],
    ["a size of nothing", ["--max-size", "0"], /expected a size above 0/],
    ["no uploads at all", ["--max-uploads", "0"], /from 1 to/],
    ["an age that is none", ["--upload-age", "1w"], /expected a time/],
    ["a rate that is none", ["--min-rate", "fast"], /expected bytes per second/],
    ["pushes from everybody", ["--writable", "--host", "0.0.0.0"], /--htpasswd FILE/],
  ])("refuses %s with exit code 2, and does not begin", async (_, args, message) => {
    await using bench = await Workbench.open();
    await writeFile(bench.path("md5"), "anna:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00\n");
    const { code, stdout, stderr } = await bench.run(["serve", "--port", "0", ...args, bench.folder]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("apr1");
  });

  it("takes a push with a password, holds it to --max-size, and warns that passwords come in the clear", async () => {
    await using bench = await Workbench.open();
    await using empty = await Workbench.open();
    await writeFile(bench.path("users"), `anna:${await hash("secret", 4)}\n`);
    await writeFile(bench.path("small"), Buffer.alloc(1000));
    await writeFile(bench.path("large"), Buffer.alloc(100_000));
    const args = ["serve", "--port", "0", "--host", "0.0.0.0", "--writable", "--max-size", "50kB"];
    const served = startCommand([...args, "--htpasswd", bench.path("users"), empty.folder], { home: bench.folder });
    const line = await served.line("Serving");
    const [, port] = /at 0\.0\.0\.0:(\d+), read and write, for the users in ".*users"$/.exec(line) ?? [];
    const put = (file: string, creds: readonly string[]) =>
      bench.run(["blob", "put", ...creds, `127.0.0.1:${port}/app`, file]);
    expect((await put("small", [])).stderr).toMatch(/401|UNAUTHORIZED|credentials/);
    expect(await put("small", ["--creds", "anna:secret"])).toMatchObject({ code: 0 });
    const refused = await put("large", ["--creds", "anna:secret"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/the registry may take 50000 bytes/);
    served.process.kill("SIGINT");
    const { code, stderr } = await served.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^tranship: warning: passwords come in the clear/);
    expect(stderr).not.toContain("secret");
  });
});

describePeers("tranship serve --tls-cert", ["openssl"], ({ openssl }) => {
  it("speaks TLS", async () => {
    await using bench = await Workbench.open();
    await using empty = await Workbench.open();
    const authority = await CertificateAuthority.create(openssl, bench.folder);
    const issued = await authority.issue("server");
    const args = ["serve", "--port", "0", "--writable", "--tls-cert", issued.certificate, "--tls-key", issued.key];
    const served = startCommand([...args, empty.folder], { home: bench.folder });
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await served.line("Serving")) ?? [];
    await writeFile(bench.path("blob"), "content");
    const place = `127.0.0.1:${port}/app`;
    const put = await bench.run(["blob", "put", "--ca", authority.certificate, place, "blob"]);
    expect(put).toMatchObject({ code: 0 });
    served.process.kill("SIGINT");
    expect((await served.ended).code).toBe(0);
  });
});
