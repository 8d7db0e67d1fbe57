import { spawn } from "node:child_process";
import { once } from "node:events";
import { countingProxy } from "../../test/support/counting-proxy.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { InstalledTool } from "../transfer/tools/installed.ts";
import type { Contender } from "../transfer/tools/tool.ts";

/** How much more than the image went over the wire, as a part of it: 0 is none of it, 0.5 is half. */
export interface Killed {
  readonly sentTwice: number;
  readonly fetchedTwice: number;
}

export interface KilledOptions {
  readonly tool: InstalledTool;
  readonly contender: Contender;
  readonly source: string;
  readonly target: string;
  readonly repository: string;
  readonly tag: string;
  /** Bytes of the image. */
  readonly size: number;
}

/** Copies with a tool that is killed when half of the image has gone to the target, and is started again. @throws {Error} where the second process fails. */
export async function killedAtHalf(options: KilledOptions): Promise<Killed> {
  const { tool, contender, repository, tag, size } = options;
  await using home = await temporaryFolder("tranship-bench-home-");
  await using source = await countingProxy(options.source);
  await using target = await countingProxy(options.target);
  const job = { scope: "image", repository, tag, tls: false, authority: undefined, home: home.path } as const;
  const { args, env } = await contender.invocation({ ...job, source: source.host, target: target.host });
  const homes = { HOME: home.path, XDG_RUNTIME_DIR: home.path, XDG_STATE_HOME: home.path, DOCKER_CONFIG: home.path };
  const start = () => {
    const child = spawn(tool.program, args, { env: { ...process.env, ...homes, ...env }, stdio: "ignore" });
    return { child, ended: once(child, "exit").then(([code]) => Number(code ?? Number.NaN)) };
  };
  const half = target.reached("sent", size / 2);
  const first = start();
  await Promise.race([half, first.ended]);
  first.child.kill("SIGKILL");
  await first.ended;
  const code = await start().ended;
  if (code !== 0) throw new Error(`${tool.name} ended with ${code} when it was started again`);
  return { sentTwice: target.passed.sent / size - 1, fetchedTwice: source.passed.received / size - 1 };
}
