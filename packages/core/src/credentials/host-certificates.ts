import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../errors/errors.ts";
import { type Environment, homeOf } from "./auth-file-paths.ts";

/** What a host's certificate folder gives, each a PEM text. */
export interface HostCertificates {
  /** Authorities to trust besides the system's own. */
  readonly ca: readonly string[];
  /** The client certificate with its chain; always together with its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where the certificates for registries are looked for. */
export interface HostCertificatesOptions {
  /** `--cert-dir`: this folder holds the files themselves, and no other is read. It must exist. */
  readonly certDir?: string | undefined;
  /** The folders with a folder for each host. Default: `~/.config/containers/certs.d`, `/etc/containers/certs.d`, `/etc/docker/certs.d`. */
  readonly roots?: readonly string[] | undefined;
  /** Default: the process's. */
  readonly env?: Environment | undefined;
}

/**
 * Reads the certificates that docker and podman keep for a registry in `certs.d/HOST:PORT`: `*.crt` are authorities, `NAME.cert` with `NAME.key`
 * is the client's pair, the first by name if there are several. As with containers/image, the first folder that exists is the only one that
 * is read, and a default one that may not be entered counts as absent.
 * Spec: containers-certs.d(5); docker, "Verify repository client with certificates".
 * @throws {StoreError} TLS for a file that is no certificate or key, a pair that is not whole or does not match, and a `certDir` that is not there.
 */
export async function hostCertificates(
  host: string,
  { certDir, roots, env = process.env }: HostCertificatesOptions = {},
): Promise<HostCertificates> {
  if (certDir !== undefined) {
    const names = await listFolder(certDir);
    if (names === undefined) throw unusable(certDir, "there is no such folder, or it may not be read");
    return readCertificates(certDir, names);
  }
  if (!/^[\w.:[\]-]+$/.test(host) || host.startsWith(".")) throw new TypeError(`Not a registry's host: "${host}"`);
  for (const root of roots ?? defaultRoots(env)) {
    const folder = join(root, host);
    const names = await listFolder(folder);
    if (names !== undefined) return readCertificates(folder, names);
  }
  return { ca: [] };
}

function defaultRoots(env: Environment): readonly string[] {
  const own = join(homeOf(env), ".config", "containers", "certs.d");
  return [own, "/etc/containers/certs.d", "/etc/docker/certs.d"];
}

async function readCertificates(folder: string, names: readonly string[]): Promise<HostCertificates> {
  const ca: string[] = [];
  for (const name of names.filter((name) => name.endsWith(".crt"))) {
    const pem = await readPem(folder, name);
    // A link that leads nowhere is how packages leave a certificate that was taken away.
    if (pem === undefined) continue;
    parseCertificate(join(folder, name), pem);
    ca.push(pem);
  }
  for (const name of names.filter((name) => name.endsWith(".key"))) {
    const cert = name.replace(/\.key$/, ".cert");
    if (!names.includes(cert)) throw unusable(join(folder, name), `its client certificate "${cert}" is missing`);
  }
  const pairs = names.filter((name) => name.endsWith(".cert")).map((cert) => readPair(folder, cert, names));
  const [pair] = await Promise.all(pairs);
  return pair === undefined ? { ca } : { ca, ...pair };
}

async function readPair(
  folder: string,
  certName: string,
  names: readonly string[],
): Promise<{ readonly cert: string; readonly key: string }> {
  const certPath = join(folder, certName);
  const keyName = certName.replace(/\.cert$/, ".key");
  if (!names.includes(keyName)) {
    throw unusable(certPath, `its key "${keyName}" is missing (an authority's certificate is named .crt)`);
  }
  const cert = await readPem(folder, certName);
  const key = await readPem(folder, keyName);
  if (cert === undefined) throw unusable(certPath, "there is no such file");
  if (key === undefined) throw unusable(join(folder, keyName), "there is no such file");
  if (!parseCertificate(certPath, cert).checkPrivateKey(parseKey(join(folder, keyName), key))) {
    throw unusable(certPath, `it does not belong to the key "${keyName}"`);
  }
  return { cert, key };
}

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw unusable(path, "it is not a certificate in PEM");
  }
}

function parseKey(path: string, pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw unusable(path, "it is not a private key in PEM, or it is encrypted");
  }
}

/** The names in a folder, sorted; undefined where it is absent or may not be entered. */
async function listFolder(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EPERM") return undefined;
    throw unusable(folder, code);
  }
}

async function readPem(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return undefined;
    throw unusable(join(folder, name), code);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function unusable(path: string, detail: string): StoreError {
  return new StoreError("TLS", `Cannot use the certificates in "${path}": ${detail}`);
}
