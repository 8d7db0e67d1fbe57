import { afterEach, describe, it } from "vitest";
import { findPeer, howToInstall, isRequired, missingPeers, type PeerName } from "./find-peer.ts";
import { runningServers } from "./server-process.ts";

/**
 * A suite that needs real programs; `tests` gets their paths. Where one is missing the suite is skipped and the reason printed, or, in
 * continuous integration and for a Debian package, fails. When a test fails, what the running servers logged last is printed.
 */
export function describePeers<const Name extends PeerName>(
  title: string,
  names: readonly Name[],
  tests: (peers: Readonly<Record<Name, string>>) => void,
): void {
  const missing = missingPeers(names);
  if (missing.some(isRequired)) {
    it(title, () => {
      throw new Error(`Cannot test "${title}": ${missing.map((name) => `${name} is missing`).join(", ")}`);
    });
    return;
  }
  const reason = missing.map((name) => `no ${name}: ${howToInstall(name)}`).join("; ");
  if (missing.length > 0) console.warn(`Skipped: ${title} (${reason})`);
  describe.skipIf(missing.length > 0)(missing.length === 0 ? title : `${title} (${reason})`, () => {
    afterEach(({ task }) => {
      if (task.result?.state !== "fail") return;
      for (const server of runningServers()) console.error(`${server.name} logged:\n${server.output()}`);
    });
    tests(pathsOf(names));
  });
}

function pathsOf<Name extends PeerName>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) paths[name] = findPeer(name) ?? name;
  return paths as Record<Name, string>;
}
