import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { verifyImage } from "@tranship/copy";
import { Registry } from "@tranship/core";
import { expect, it } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { serveFolder } from "../serve/folder-server.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { breakingProxy } from "./breaking-proxy.ts";
import { expectClosed } from "./closed-sessions.ts";
import { randomOf } from "./random.ts";
import { sessionLedger } from "./session-ledger.ts";
import { startTargets } from "./targets.ts";

const MIB = 1024 * 1024;
const ROUNDS = Number(process.env["TRANSHIP_CHAOS_ROUNDS"] ?? 2);
const BREAKS = 20;
/** Runs until the command succeeds, as a user starts it again. */
const MOST_RUNS = 10;

/** Small blobs, which are begun anew, and such as are resumed. */
const SAMPLE = sampleImage({
  layers: [30_000, 60_000, MIB, 2 * MIB, 4 * MIB, 6 * MIB, 8 * MIB].map((size) => ({
    seed: `${size}`,
    size,
    kind: "plain" as const,
  })),
});
const SIZE = SAMPLE.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);

async function copyUntilDone(args: readonly string[], home: string): Promise<void> {
  for (let run = 1; ; run += 1) {
    const { code, stderr } = await runCommand(args, { home });
    if (code === 0) return;
    if (run === MOST_RUNS) throw new Error(`It was not done after ${run} runs: ${stderr}`);
  }
}

it.each([
  ["a state folder each", ["one", "two"]],
  ["one state folder", ["one", "one"]],
])(
  "two processes that copy the same image at once over connections that break, with %s, leave nothing open",
  async (_, homes) => {
    const { targets } = await startTargets();
    await using stack = new AsyncDisposableStack();
    for (const target of targets) stack.use(target);
    const source = stack.use(await serveFolder());
    const { host } = new URL(source.url);
    const registry = stack.use(new Registry({ host, plainHttp: true }));
    await seed(registry.repository("app"), SAMPLE, "v1");
    for (let round = 0; round < ROUNDS * targets.length; round += 1) {
      const target = targets[round % targets.length];
      if (target === undefined) break;
      await using folder = await temporaryFolder("tranship-two-");
      const ledger = sessionLedger();
      const random = randomOf(`two ${homes.join()} ${round}`);
      await using proxy = await breakingProxy(target.host, { random, breaks: BREAKS, within: SIZE / 2, ledger });
      const before = await target.uploads();
      const args = ["copy", `${host}/app:v1`, `${proxy.host}/two-${round}:v1`];
      await Promise.all(
        homes.map(async (name) => {
          const home = join(folder.path, name);
          await mkdir(home, { recursive: true });
          await copyUntilDone(args, home);
        }),
      );
      expect(proxy.broken).toBeGreaterThan(0);
      await using checking = new Registry({ host: target.host, plainHttp: true });
      await verifyImage({ store: checking.repository(`two-${round}`), reference: "v1" });
      for (const name of homes) {
        const { stdout } = await runCommand(["state"], { home: join(folder.path, name) });
        expect(stdout).toMatch(/Open uploads +0\n/);
      }
      const sessions = [...(await target.uploads())].filter((session) => !before.has(session));
      const { forgotten } = await expectClosed(target.host, sessions, ledger);
      // Distribution 2.8 alone forgets a session whose connection breaks.
      if (target.name !== "distribution 2.8") expect(forgotten).toBe(0);
    }
  },
  10 * 60_000,
);
