import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SyncPlan, SyncResult } from "@tranship/copy";
import { expect, it } from "vitest";
import { type CommandRun, runCommand } from "../cli/run-command.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { total } from "../requests/counted-registry.ts";
import { releaseImage } from "../support/release-images.ts";
import { sampleArtifact, seed } from "../support/sample-image.ts";
import { seedRepository } from "../support/seed-repository.ts";
import { startMirrorRegistries, takeAll } from "./registries.ts";

const TAGS = ["1.0.0", "1.0.1", "1.0.2", "1.1.0"];
const PLATFORMS = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
];

describePeers("tranship plan and apply between real registries", ["docker-registry"], (peers) => {
  it("copy what was planned although tags have moved, refuse a target that somebody moved, and do nothing twice", async () => {
    await using registries = await startMirrorRegistries(peers["docker-registry"]);
    await using home = await mkdtempDisposable(join(tmpdir(), "tranship-plan-"));
    const run = (...args: readonly string[]): Promise<CommandRun> => runCommand(args, { home: home.path });
    const source = registries.sources.older.repository("team/app");
    const target = registries.targets.newer.repository("mirror/app");
    const image = (version: string) => releaseImage({ of: "app", version, platforms: PLATFORMS });
    const tags = await seedRepository(source, new Map(TAGS.map((version) => [version, image(version)])));
    const from = `${registries.sources.older.host}/team/app`;
    const file = { version: 1, mirrors: [{ from, to: `${registries.targets.newer.host}/mirror/app` }] };
    await writeFile(join(home.path, "mirror.yaml"), JSON.stringify(file));

    expect(await run("plan", "-f", "mirror.yaml", "-o", "plan.json")).toMatchObject({ code: 0, stderr: "" });
    const plan: SyncPlan = JSON.parse(await readFile(join(home.path, "plan.json"), "utf8"));
    expect(Object.fromEntries(plan.images.map(({ tag, source: digest }) => [tag, digest]))).toEqual(
      Object.fromEntries(tags),
    );
    expect(takeAll(registries).newerTarget.sent).toBe(0);

    await seed(source, image("1.0.0 made anew"), "1.0.0");
    const foreign = await seed(target, image("somebody else's"), "1.1.0");
    const applied = await run("apply", "plan.json");
    expect(applied.code).toBe(1);
    expect(applied.stdout).toContain(`${from}:1.0.0 has moved`);
    expect(applied.stdout).toContain("3 copied, 1 refused");
    expect(applied.stderr).toContain("--allow-target-moved");
    for (const tag of TAGS.slice(0, 3)) expect((await target.resolve(tag)).digest).toBe(tags.get(tag));
    expect((await target.resolve("1.1.0")).digest).toBe(foreign.digest);

    expect(await run("apply", "plan.json", "--allow-target-moved")).toMatchObject({ code: 0, stderr: "" });
    expect((await target.resolve("1.1.0")).digest).toBe(tags.get("1.1.0"));
    takeAll(registries);
    const twice = await run("apply", "plan.json", "--json");
    const result: SyncResult = JSON.parse(twice.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(result).toMatchObject({ ok: true, outcomes: { unchanged: 4 }, moved: { count: 0 } });
    expect(takeAll(registries).newerTarget.requests).toEqual({ "HEAD manifest": 4 });
  });

  it("say how many requests applying takes at most, and not many more", async () => {
    await using registries = await startMirrorRegistries(peers["docker-registry"]);
    await using home = await mkdtempDisposable(join(tmpdir(), "tranship-plan-"));
    const run = (...args: readonly string[]): Promise<CommandRun> => runCommand(args, { home: home.path });
    const source = registries.sources.older.repository("team/app");
    const image = (version: string) => releaseImage({ of: "app", version, platforms: PLATFORMS });
    const tags = await seedRepository(source, new Map(TAGS.map((version) => [version, image(version)])));
    for (const digest of tags.values()) await seed(source, sampleArtifact({ subject: await source.resolve(digest) }));
    const target = registries.targets.served;
    const places = { from: `${registries.sources.older.host}/team/app`, to: `${target.host}/mirror/app` };

    const plannedAndApplied = async (chosen: object) => {
      const mirror = { ...places, tags: chosen, referrers: true, prune: true };
      await writeFile(join(home.path, "mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
      expect(await run("plan", "-f", "mirror.yaml", "-o", "plan.json")).toMatchObject({ code: 0, stderr: "" });
      const plan: SyncPlan = JSON.parse(await readFile(join(home.path, "plan.json"), "utf8"));
      takeAll(registries);
      expect(await run("apply", "plan.json")).toMatchObject({ code: 0, stderr: "" });
      const taken = takeAll(registries);
      return [
        [plan.hosts[registries.sources.older.host]?.requests ?? 0, total(taken.olderSource.requests)],
        [plan.hosts[target.host]?.requests ?? 0, total(taken.servedTarget.requests)],
      ] as const;
    };
    const within = (costs: readonly (readonly [planned: number, taken: number])[]): void => {
      for (const [planned, taken] of costs) {
        expect(taken).toBeLessThanOrEqual(planned);
        expect(taken).toBeGreaterThan(planned / 2);
      }
    };
    within(await plannedAndApplied({ exclude: ["none"] }));
    await seed(source, image("1.0.0 made anew"), "1.0.0");
    within(await plannedAndApplied({ exclude: ["1.1.0"] }));
    // Deletions ask the target alone.
    within((await plannedAndApplied({ semver: ">=1", newest: 2 })).slice(1));
    expect(await Array.fromAsync(target.repository("mirror/app").tags())).toHaveLength(2);
  });
});
