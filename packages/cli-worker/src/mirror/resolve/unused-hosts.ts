import type { Mirror, MirrorFile } from "../mirror-file.ts";

/** Hosts that the file has rules for and nothing asks, in the order of the file: credentials and limits under a name that was mistyped, or that lacks its port. */
export function unusedHosts({ hosts, mirrors }: Pick<MirrorFile, "hosts" | "mirrors">): readonly string[] {
  const asked = new Set(mirrors.flatMap(hostsOf));
  const fallbacks = new Set([...asked].flatMap((host) => hosts.get(host)?.mirrors ?? []));
  // A registry may lead to a host with old TLS, such as a token service.
  return [...hosts.entries()].flatMap(([host, { tls }]) =>
    asked.has(host) || fallbacks.has(host) || tls.legacyTls === true ? [] : [host],
  );
}

function hostsOf({ from, to }: Mirror): readonly string[] {
  return [from.host, ...to.map(({ host }) => host)];
}
