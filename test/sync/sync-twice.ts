import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Registry } from "@tranship/core";
import { expect } from "vitest";
import { type CommandRun, runCommand, startCommand } from "../cli/run-command.ts";
import { startDistribution } from "../peers/distribution.ts";
import { countingProxy } from "../support/counting-proxy.ts";
import { type Sample, sampleImage } from "../support/sample-image.ts";
import { seedRepository } from "../support/seed-repository.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const MIB = 1024 * 1024;

/** Images with a layer that all of them have, and some of their own. */
const IMAGES: ReadonlyMap<string, Sample> = new Map(
  Array.from({ length: 6 }, (_, number) => {
    const own = [4 * MIB, 2 * MIB, 16 * 1024].map((size, at) => ({
      seed: `${number} ${at}`,
      size,
      kind: "plain" as const,
    }));
    const layers = [{ seed: "shared", size: 24 * MIB, kind: "plain" as const }, ...own];
    return [`v${number}`, sampleImage({ seed: `image ${number}`, layers })] as const;
  }),
);

/** Bytes of every blob, each once. */
export const CONTENT: number = new Map(
  [...IMAGES.values()].flatMap(({ blobs }) => blobs.map(({ descriptor }) => [descriptor.digest, descriptor.size])),
)
  .values()
  .reduce((sum, size) => sum + size, 0);

export interface TwoRuns {
  readonly runs: readonly CommandRun[];
  /** Bytes that went to the target from both processes, heads included. */
  readonly sent: number;
  /** Of the tags that the target ought to have. */
  readonly missing: readonly string[];
  /** What `tranship state` says at the end. */
  readonly state: string;
}

export interface TwoRunsOptions {
  readonly registry: string;
  /** The repository of the target that each process mirrors to. */
  readonly repositories: readonly [string, string];
  /**
   * Bytes that have gone to the target when the first process is killed, or suspended. Default: it
   * is not.
   */
  readonly killAfter?: number;
  /** `SIGSTOP` suspends it until the other one has ended. Default SIGKILL. */
  readonly signal?: "SIGKILL" | "SIGSTOP";
}

/** Runs `sync` in two processes of the built command at once, with one state folder. */
export async function syncTwice({
  registry,
  repositories,
  killAfter,
  signal = "SIGKILL",
}: TwoRunsOptions): Promise<TwoRuns> {
  await using stack = new AsyncDisposableStack();
  const [source, peer] = [stack.use(await startDistribution(registry)), stack.use(await startDistribution(registry))];
  const target = stack.use(await countingProxy(peer.host));
  const folder = stack.use(await temporaryFolder("tranship-two-"));
  const seeding = stack.use(new Registry({ host: source.host, plainHttp: true }));
  await seedRepository(seeding.repository("app"), IMAGES);
  const options = { home: folder.path };
  const commands = await Promise.all(
    repositories.map(async (repository, number) => {
      const file = join(folder.path, `mirror-${number}.yaml`);
      await writeFile(
        file,
        `version: 1\nmirrors:\n  - { from: "${source.host}/app", to: "${target.host}/${repository}" }\n`,
      );
      return startCommand(["sync", "-f", file], options);
    }),
  );
  if (killAfter !== undefined) {
    await target.reached("sent", killAfter);
    commands[0]?.process.kill(signal);
    await commands[1]?.ended;
    commands[0]?.process.kill("SIGCONT");
  }
  const runs = await Promise.all(commands.map(({ ended }) => ended));
  const checking = stack.use(new Registry({ host: peer.host, plainHttp: true }));
  const missing: string[] = [];
  for (const repository of new Set(repositories)) {
    for (const [tag, { root }] of IMAGES) {
      const there = await checking
        .repository(repository)
        .resolve(tag)
        .catch(() => undefined);
      if (there?.digest !== root.descriptor.digest) missing.push(`${repository}:${tag}`);
    }
  }
  const { stdout: state } = await runCommand(["state"], options);
  return { runs, sent: target.passed.sent, missing, state };
}

/**
 * Every blob was sent once. A process that was killed may leave the session of a blob up to 64 KiB, which the
 * next process that sends something to that registry cancels; nothing else stays open.
 */
export function expectSharedWork(
  { runs, sent, missing, state }: TwoRuns,
  codes: readonly (number | undefined)[],
): void {
  expect(runs.map(({ code }) => code)).toEqual(codes);
  expect(missing).toEqual([]);
  expect(sent).toBeGreaterThan(CONTENT);
  expect(sent / CONTENT).toBeLessThanOrEqual(1.02);
  const open = [...state.matchAll(/ of ([\d.]+) (B|kB|MB) /g)].map(([, size, unit = ""]) => ({
    size: Number(size),
    unit,
  }));
  const expected = codes.includes(undefined)
    ? open.filter(({ size, unit }) => unit === "B" || (unit === "kB" && size < 66))
    : [];
  expect(open).toEqual(expected);
  expect(state).toMatch(new RegExp(`Open uploads +${open.length}\\n`));
}
