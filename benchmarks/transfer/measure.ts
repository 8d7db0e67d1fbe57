import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runPeer } from "../../test/peers/run-peer.ts";
import type { Invocation } from "./tools/tool.ts";

/** GNU time: it waits for the process, and reads what the kernel counted for it and those that it waited for. */
const TIME = "/usr/bin/time";

/** What a process took, from its start to its end. */
export interface Measured {
  readonly wallSeconds: number;
  /** User and system, in steps of 0.01. */
  readonly cpuSeconds: number;
  /** The most memory that it held. */
  readonly peakBytes: number;
}

/** Runs a program to its end, in a home of its own. @throws {Error} with what it printed, where it fails. */
export async function measure(program: string, { args, env }: Invocation, home: string): Promise<Measured> {
  const file = join(home, "time.txt");
  const homes = {
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_STATE_HOME: home,
    XDG_CACHE_HOME: home,
  };
  const start = performance.now();
  await runPeer(TIME, ["-q", "-o", file, "-f", "%U %S %M", program, ...args], {
    env: { ...homes, DOCKER_CONFIG: home, NODE_OPTIONS: undefined, ...env },
  });
  const wallSeconds = (performance.now() - start) / 1000;
  const [user = Number.NaN, system = Number.NaN, kibibytes = Number.NaN] = (await readFile(file, "utf8"))
    .split(" ")
    .map(Number);
  return { wallSeconds, cpuSeconds: user + system, peakBytes: kibibytes * 1024 };
}
