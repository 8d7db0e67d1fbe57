import { mkdir, mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { verifyImage } from "@tranship/copy";
import { type Digest, Registry } from "@tranship/core";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { breakingProxy } from "./breaking-proxy.ts";
import { type ClosedSessions, expectClosed } from "./closed-sessions.ts";
import type { Random } from "./random.ts";
import { sessionLedger } from "./session-ledger.ts";
import { watchTag } from "./tag-watcher.ts";
import type { ChaosTarget } from "./targets.ts";

/** The most processes of one round. */
const MOST_RUNS = 40;

export interface RoundOptions {
  readonly random: Random;
  /** `127.0.0.1:PORT` of the source, the image and its digest there. */
  readonly source: string;
  readonly image: string;
  readonly digest: Digest;
  /** Bytes of it. */
  readonly size: number;
  readonly target: ChaosTarget;
  /** Processes that are killed. */
  readonly kills: number;
  /** Connections that are broken, to either side. */
  readonly breaks: number;
}

/** How a round went. Nothing of it was wrong, or it threw. */
export interface RoundResult extends ClosedSessions {
  readonly killed: number;
  readonly failed: number;
  readonly broken: number;
  /** Bytes that went over both sides, by the image's own on both. */
  readonly overhead: number;
  /** How often the tag was there while it was watched. */
  readonly seen: number;
}

/**
 * Copies an image by the built command, which is killed at random moments and whose connections break at random bytes, until it is done.
 * @throws {Error} where a digest differs, the tag stood for something incomplete, or something was left in state, spool, temporary folder, or open at the target.
 */
export async function chaosRound(options: RoundOptions): Promise<RoundResult> {
  const { random, target, image, digest, size, kills, breaks } = options;
  await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-chaos-"));
  const [home, temporary] = [join(folder.path, "home"), join(folder.path, "tmp")];
  await Promise.all([mkdir(home), mkdir(temporary)]);
  const faults = { random, breaks: Math.ceil(breaks / 2), within: size / 2 };
  await using source = await breakingProxy(options.source, faults);
  const ledger = sessionLedger();
  await using to = await breakingProxy(target.host, { ...faults, ledger });
  const before = await target.uploads();
  const watcher = watchTag(target.host, image, "v1");
  const args = ["copy", `${source.host}/${image}:v1`, `${to.host}/${image}:v1`];
  // Node keeps what it compiled there.
  const env = { TMPDIR: temporary, NODE_COMPILE_CACHE: join(folder.path, "compiled") };
  let [killed, failed] = [0, 0];
  for (let run = 1; ; run += 1) {
    if (run > MOST_RUNS) throw new Error(`It was not done after ${MOST_RUNS} processes`);
    const command = startCommand(args, { home, env });
    if (killed < kills) {
      const end = source.passed + to.passed + random.between(1, size);
      while (source.passed + to.passed < end && command.process.exitCode === null) await delay(2);
      if (command.process.kill("SIGKILL")) killed += 1;
    }
    const { code, stderr } = await command.ended;
    if (code === 0) break;
    if (code !== undefined && code !== 1) throw new Error(`The command ended with ${code}: ${stderr}`);
    if (code === 1) failed += 1;
  }
  const seen = await watcher.end();
  await using registry = new Registry({ host: target.host, plainHttp: true });
  const { root } = await verifyImage({ store: registry.repository(image), reference: "v1" });
  if (root.digest !== digest) throw new Error(`The target has ${root.digest}, not ${digest}`);
  await expectNothingLeft(home, temporary);
  const sessions = [...(await target.uploads())].filter((session) => !before.has(session));
  return {
    killed,
    failed,
    broken: source.broken + to.broken,
    overhead: (source.passed + to.passed) / (2 * size),
    ...(await expectClosed(target.host, sessions, ledger)),
    seen,
  };
}

async function expectNothingLeft(home: string, temporary: string): Promise<void> {
  const state = JSON.parse((await runCommand(["state", "--json"], { home })).stdout) as {
    readonly uploads: readonly unknown[];
    readonly spool: { readonly files: number };
  };
  if (state.uploads.length > 0) throw new Error(`Uploads are left in the state: ${JSON.stringify(state.uploads)}`);
  if (state.spool.files > 0) throw new Error(`The spool still has ${state.spool.files} files`);
  const left = await readdir(temporary);
  if (left.length > 0) throw new Error(`The temporary folder still has ${left.join(", ")}`);
}
