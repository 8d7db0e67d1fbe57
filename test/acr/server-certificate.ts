import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPeer } from "../peers/find-peer.ts";
import { CertificateAuthority } from "../support/certificates.ts";

/** A certificate for the loopback address with its key, and the authority that signed it; PEM. */
export interface ServerCertificate {
  readonly authority: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

let made: Promise<ServerCertificate> | undefined;

/** Made at the first call, and the same for every fake of the process: keys are slow to make. @throws {Error} where openssl is missing. */
export function serverCertificate(): Promise<ServerCertificate> {
  made ??= make();
  return made;
}

async function make(): Promise<ServerCertificate> {
  const openssl = findPeer("openssl");
  if (openssl === undefined) {
    throw new Error("Cannot start the ACR fake: openssl, which makes its certificate, is missing");
  }
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-acr-certificate-"));
  const authority = await CertificateAuthority.create(openssl, folder.path);
  const issued = await authority.issue("acr");
  return {
    authority: await readFile(authority.certificate),
    cert: await readFile(issued.certificate),
    key: await readFile(issued.key),
  };
}
