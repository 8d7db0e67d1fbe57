import { readdir } from "node:fs/promises";
import { openJournal } from "@tranship/copy";
import { Registry, type UploadSummary } from "@tranship/core";
import { expect, it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { startDistribution } from "../peers/distribution.ts";
import { type Cut, cuttingProxy } from "../support/cutting-proxy.ts";
import { blobOf, opening } from "../support/scripted-blobs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MIB = 1024 * 1024;
/** Long enough to be cut off in its middle, and to be asked for after that. */
const BLOB = Buffer.alloc(6 * MIB, "a blob that two processes send ");

/** What is left of the uploads of one blob, whose PUT was cut off. */
interface Left {
  readonly outcome: string;
  /** Sessions on the registry's disk. */
  readonly sessions: number;
  /** Rows in the journal of the state folder. */
  readonly rows: readonly UploadSummary[];
}

/** @param rival Whether another process sends the same blob right before the cut. */
async function leftAfterCut(registry: string, cut: Cut, rival: boolean): Promise<Left> {
  await using peer = await startDistribution(registry);
  await using state = await temporaryFolder("tranship-state-");
  await using stack = new AsyncDisposableStack();
  const journals = [await openJournal(state.path), await openJournal(state.path)] as const;
  for (const journal of journals) stack.defer(() => journal.close());
  await using other = new Registry({ host: peer.host, plainHttp: true, journal: journals[1] });
  await using proxy = await cuttingProxy(peer.host, {
    request: /^PUT \S*\/blobs\/uploads\//,
    cut,
    before: async () => {
      if (rival) await other.repository("app").push(blobOf(BLOB), opening(BLOB));
    },
  });
  await using own = new Registry({ host: proxy.host, plainHttp: true, journal: journals[0] });
  const outcome = await own.repository("app").push(blobOf(BLOB), opening(BLOB));
  expect(proxy.cuts).toBe(1);
  const sessions = await openSessions(peer.data);
  return { outcome, sessions, rows: await Array.fromAsync(journals[1].uploads.list()) };
}

/**
 * `_uploads/SESSION` with a beginning of a blob. Distribution itself leaves
 * `_uploads/SESSION/hashstates` of each session that is cancelled.
 */
async function openSessions(data: string): Promise<number> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.name === "data" && /\/_uploads\/[^/]+$/.test(entry.parentPath)).length;
}

const CUTS: readonly (readonly [string, Cut])[] = [
  ["within its head", 60],
  ["at the beginning of its body", 1000],
  ["within its body", 3 * MIB],
  ["before its response", "response"],
];

describePeers("a PUT to distribution 3.1 that is cut off", ["registry"], ({ registry }) => {
  it.each(CUTS.flatMap(([where, cut]) => [false, true].map((rival) => ({ where, cut, rival }))))(
    "leaves no session, there or in the journal: $where, sent by another process too: $rival",
    async ({ cut, rival }) => {
      expect(await leftAfterCut(registry, cut, rival)).toEqual({ outcome: "pushed", sessions: 0, rows: [] });
    },
    60_000,
  );
});

describePeers("a PUT to distribution 2.8 that is cut off", ["docker-registry"], (peers) => {
  it.each(CUTS.flatMap(([where, cut]) => [false, true].map((rival) => ({ where, cut, rival }))))(
    "leaves nothing that can be cancelled: $where, sent by another process too: $rival",
    async ({ cut, rival }) => {
      const { outcome, sessions, rows } = await leftAfterCut(peers["docker-registry"], cut, rival);
      // It forgets a session whose body broke off, and removes its folder after a week.
      const forgotten = typeof cut === "number" && cut >= 1000 ? 1 : 0;
      expect({ outcome, sessions, rows }).toEqual({ outcome: "pushed", sessions: forgotten, rows: [] });
    },
    60_000,
  );
});
