import { copyFile, mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@tranship/core";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { runPeer } from "../peers/run-peer.ts";
import { pushImage, textImage } from "./push-image.ts";
import { startAcrFake } from "./start-acr-fake.ts";

const IMAGE = textImage("an image");

describePeers("the ACR fake, as skopeo sees it", ["openssl", "skopeo"], ({ skopeo }) => {
  it("is pulled from by anybody, and copied into with a repository-scoped token", async () => {
    const grants = { repositories: { "team/copy": ["pull", "push"] }, catalog: false } as const;
    await using fake = await startAcrFake({ tokens: { builder: { password: "secret", grants } } });
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-acr-skopeo-"));
    const certificates = join(folder.path, "certs");
    await mkdir(certificates);
    await copyFile(fake.caFile, join(certificates, "ca.crt"));
    await pushImage(fake, "team/app", IMAGE, ["v1"]);

    const source = `docker://${fake.host}/team/app:v1`;
    const target = `docker://${fake.host}/team/copy:v1`;
    const flags = ["--src-cert-dir", certificates, "--dest-cert-dir", certificates, "--src-no-creds"];
    const run = (...args: string[]) =>
      runPeer(skopeo, ["--insecure-policy", "copy", "--quiet", "--preserve-digests", ...flags, ...args]);
    await expect(run("--dest-creds", "builder:guess", source, target)).rejects.toThrow();
    await run("--dest-creds", "builder:secret", source, target);
    const raw = await runPeer(skopeo, ["inspect", "--raw", "--no-creds", "--cert-dir", certificates, target]);
    expect(digestOf(raw)).toBe(IMAGE.digest);
    expect(fake.requests).toContainEqual(
      expect.objectContaining({ path: "/oauth2/token", auth: "basic", status: 401 }),
    );
  });
});
