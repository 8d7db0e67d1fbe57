import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestOf } from "@tranship/core";
import { type RunPeerOptions, runPeer } from "./run-peer.ts";

/** Reads an image whole, checks every digest in it, and says what the root's digest is. */
export type Oracle = (image: string, options?: RunPeerOptions) => Promise<Digest>;

/** skopeo, for `docker://HOST/REPO:TAG` and `oci:DIR:TAG`: all platforms are copied into a folder, which reads every blob. */
export function skopeoOracle(path: string, flags: readonly string[] = ["--src-tls-verify=false"]): Oracle {
  return async (image, options) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-skopeo-"));
    const copy = ["--insecure-policy", "copy", "--all", "--quiet", ...flags];
    await runPeer(path, [...copy, image, `dir:${folder.path}`], options);
    return digestOf(await readFile(join(folder.path, "manifest.json")));
  };
}

/** crane, for `HOST/REPO:TAG`: it validates every layer and config. */
export function craneOracle(path: string): Oracle {
  return async (image, options) => {
    await runPeer(path, ["validate", "--remote", image], options);
    return digestFrom(await runPeer(path, ["digest", image], options));
  };
}

/** What a program printed as a digest. */
export function digestFrom(output: Buffer): Digest {
  const digest = /\b(sha256|sha512):([0-9a-f]+)\b/.exec(output.toString());
  if (digest === null) throw new Error(`No digest in "${output}"`);
  return `${digest[1]}:${digest[2]}`;
}
