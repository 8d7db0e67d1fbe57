import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Debian packages: continuous integration has every one of them. */
const DEBIAN_PEERS = ["docker-registry", "skopeo", "debootstrap", "openssl", "chromium", "gnutls-serv"] as const;
/** The package of a program that is not named like it. */
const PACKAGES: Readonly<Record<string, string>> = { "gnutls-serv": "gnutls-bin" };
/** Programs that `test/peers/install.sh` builds where Go is. `registry` is distribution 3.1. */
const GO_PEERS = ["crane", "regctl", "regsync", "oras", "registry", "conformance"] as const;

/** A real program that tranship is held against; none of them is a dependency of it. */
export type PeerName = (typeof DEBIAN_PEERS)[number] | (typeof GO_PEERS)[number];

/** The program's path, from `$PEERS/bin` (default: `tranship-peers` in the temporary folder) or from PATH. */
export function findPeer(name: PeerName): string | undefined {
  return searchPath(name).find(isExecutable);
}

/** Which of them are not there. */
export function missingPeers(names: readonly PeerName[]): readonly PeerName[] {
  return names.filter((name) => findPeer(name) === undefined);
}

/** Whether the peer has to be there: a Debian package in continuous integration. */
export function isRequired(name: PeerName): boolean {
  return process.env["CI"] !== undefined && DEBIAN_PEERS.some((peer) => peer === name);
}

/** What to do about it. */
export function howToInstall(name: PeerName): string {
  const isDebian = DEBIAN_PEERS.some((peer) => peer === name);
  return isDebian ? `apt-get install ${PACKAGES[name] ?? name}` : "run test/peers/install.sh";
}

function searchPath(name: PeerName): readonly string[] {
  const peers = process.env["PEERS"] ?? join(tmpdir(), "tranship-peers");
  // Debian keeps debootstrap where only root's PATH looks.
  const folders = [join(peers, "bin"), ...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, name));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
