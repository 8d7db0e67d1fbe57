import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describePeers } from "../peers/describe-peers.ts";
import { runPeer } from "../peers/run-peer.ts";

/** The engines that each odd thing is held against. */
export const COPY_PEERS = ["crane", "skopeo", "regctl", "oras"] as const;

export type CopyPeer = (typeof COPY_PEERS)[number];

/** What each of them does with a row of a table. */
export type PeerOutcomes = Readonly<Record<CopyPeer, "copies" | "refuses">>;

/** Every engine does the same. */
export function allPeers(outcome: "copies" | "refuses"): PeerOutcomes {
  return { crane: outcome, skopeo: outcome, regctl: outcome, oras: outcome };
}

/** Those named refuse, the others copy. */
export function refusedBy(...names: readonly CopyPeer[]): PeerOutcomes {
  const refused = Object.fromEntries(names.map((name) => [name, "refuses" as const]));
  return { ...allPeers("copies"), ...refused };
}

/** The arguments with which an engine copies an image between two registries without TLS, all platforms of it. */
function copyArguments(peer: CopyPeer, from: string, to: string): readonly string[] {
  switch (peer) {
    case "crane":
      return ["copy", "--insecure", from, to];
    case "skopeo": {
      const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
      return ["--insecure-policy", "copy", "--all", ...tls, `docker://${from}`, `docker://${to}`];
    }
    case "regctl": {
      const hosts = new Set([from, to].map((name) => name.slice(0, name.indexOf("/"))));
      return [...[...hosts].flatMap((host) => ["--host", `reg=${host},tls=disabled`]), "image", "copy", from, to];
    }
    case "oras":
      return ["cp", "--from-plain-http", "--to-plain-http", from, to];
  }
}

/** Copies with an engine, in a home of its own, and says how that went. */
export async function copyWith(
  peer: CopyPeer,
  path: string,
  { from, to, home, env = {} }: PeerCopy,
): Promise<"copies" | "refuses"> {
  await mkdir(join(home, "run"), { recursive: true });
  const own = { HOME: home, XDG_RUNTIME_DIR: join(home, "run"), REGISTRY_AUTH_FILE: undefined, ...env };
  try {
    await runPeer(path, copyArguments(peer, from, to), { env: own, signal: AbortSignal.timeout(60_000) });
    return "copies";
  } catch {
    return "refuses";
  }
}

export interface PeerCopy {
  readonly from: string;
  readonly to: string;
  /** An empty folder. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A suite for each engine; one that is missing is skipped, and the reason printed. */
export function describeEachPeer(title: string, tests: (peer: CopyPeer, path: string) => void): void {
  for (const peer of COPY_PEERS)
    describePeers(`${title} ${peer}`, [peer], (paths) => {
      tests(peer, (paths as Readonly<Record<CopyPeer, string>>)[peer]);
    });
}
