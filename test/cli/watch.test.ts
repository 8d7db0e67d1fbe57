import { getEventListeners } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { SyncResult } from "@tranship/copy";
import type { RegistryStore } from "@tranship/core";
import { describe, expect, it, vi } from "vitest";
import { watchAction } from "../../packages/cli-worker/src/commands/sync/watch.ts";
import { HandClock } from "../support/hand-clock.ts";
import { turns } from "../support/recording-store.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** Once a year: nothing is due while a test runs. */
const YEARLY = "0 0 1 1 *";

/** A source with `app:v1`, an empty target, and a mirror file. */
async function setup(bench: Workbench, extra: object = {}) {
  const [from, to] = [await bench.serve(), await bench.serve()];
  const app = bench.repository(from, "app");
  await seed(app, sampleImage({ seed: "v1", layers: 1 }), "v1");
  const file = { version: 1, ...extra, mirrors: [{ from: `${from.address}/app`, to: `${to.address}/app` }] };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify(file));
  return { from, to, app, file, target: bench.repository(to, "app") };
}

async function healthAt(url: string): Promise<{ readonly status?: string }> {
  return JSON.parse(await (await fetch(url)).text());
}

describe("tranship sync --watch", () => {
  it("runs at once, says when the next run is, answers for its health, and ends well between runs", async () => {
    await using bench = await Workbench.open();
    const { target } = await setup(bench);
    const command = bench.start(["sync", "-f", "mirror.yaml", "--watch", YEARLY, "--health", "0"]);
    const health = (await command.line("Health at")).replace("Health at ", "");
    await command.line("Synced 1 tag");
    expect(await command.line("Next run at")).toMatch(/^Next run at \d{4}-01-01 00:00:00$/);
    expect(await Array.fromAsync(target.tags())).toEqual(["v1"]);
    // The summary is printed before the run has given back what it holds.
    let state = await healthAt(health);
    while (state.status !== "ok") state = await healthAt(health);
    expect(state).toMatchObject({ last: { ok: true, outcomes: { copied: 1 } }, runs: { ok: 1, failed: 0 } });
    const metrics = await fetch(health.replace("healthz", "metrics"));
    expect(await metrics.text()).toContain("tranship_sync_last_run_success 1");

    command.process.kill("SIGTERM");
    expect(await command.ended).toMatchObject({ code: 0, stderr: "" });
    // What a watch writes is the file's own, as what a sync writes is.
    expect(JSON.parse((await bench.run(["state", "--json"])).stdout)).toMatchObject({ ownedTags: 1 });
  });

  it("ends a copy under way as a sync does", async () => {
    await using bench = await Workbench.open();
    const asked = Promise.withResolvers<void>();
    const from = await bench.serve((request, next) => {
      if (request.method !== "GET" || request.route.kind !== "blob") return next();
      asked.resolve();
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("gone"))));
    });
    const to = await bench.serve();
    await seed(bench.repository(from, "app"), sampleImage({ layers: 1 }), "v1");
    const mirror = { from: `${from.address}/app`, to: `${to.address}/app` };
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors: [mirror] }));
    const command = bench.start(["sync", "-f", "mirror.yaml", "--watch", YEARLY]);
    await asked.promise;
    command.process.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 130, stderr: "tranship: interrupted\n" });
    expect(await bench.run(["repos", to.address])).toMatchObject({ stdout: "" });
  });

  it("goes by the file's schedule, as JSON too", async () => {
    await using bench = await Workbench.open();
    await setup(bench, { schedule: YEARLY });
    const command = bench.start(["sync", "-f", "mirror.yaml", "--watch", "--no-first-run", "--json"]);
    expect(JSON.parse(await command.line("waiting")).next).toMatch(/^\d{4}-/);
    command.process.kill("SIGINT");
    const { code, stdout } = await command.ended;
    expect([code, stdout.trim().split("\n").length]).toEqual([0, 1]);
  });

  it.each([
    ["no schedule anywhere", ["--watch"], "--watch has no cron expression, and mirror.yaml has no schedule"],
    ["no cron expression", ["--watch", "daily"], 'Bad --watch: "daily" is no cron expression'],
    ["a dry run", ["--watch", YEARLY, "--dry-run"], "--watch and --dry-run exclude each other"],
    ["health without a watch", ["--health", "8080"], "add --watch"],
    ["a port that is none", ["--watch", YEARLY, "--health", "99999"], "expected a port, or HOST:PORT"],
    [
      "an address of another machine",
      ["--watch", YEARLY, "--health", "192.0.2.1:8080"],
      "Cannot listen at 192.0.2.1:8080",
    ],
  ])("refuses %s", async (_, args, says) => {
    await using bench = await Workbench.open();
    const { to } = await setup(bench);
    const run = await bench.run(["sync", "-f", "mirror.yaml", ...args]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(says);
    expect(await bench.run(["repos", to.address])).toMatchObject({ stdout: "" });
  });

  it("refuses a schedule of the file that is none, with its place", async () => {
    await using bench = await Workbench.open();
    await writeFile(
      bench.path("mirror.yaml"),
      'version: 1\nschedule: "0 0 30 2 *"\nmirrors: [{ from: a.b/c, to: d.e/f }]\n',
    );
    for (const command of ["sync", "plan"]) {
      const run = await bench.run([command, "-f", "mirror.yaml"]);
      expect(run.code).toBe(2);
      expect(run.stderr).toContain(
        'mirror.yaml:2:11: schedule: "0 0 30 2 *" is no cron expression: that time never comes',
      );
    }
  });
});

describe("watchAction()", () => {
  it("keeps mirrors in step run after run, through a file that is broken and mended, and leaves nothing open", async () => {
    await using bench = await Workbench.open();
    const { app, file, target } = await setup(bench);
    const path = bench.path("mirror.yaml");
    const clock = new HandClock(new Date(2026, 0, 1));
    const controller = new AbortController();
    const flags = { file: path, watch: "0 * * * *", quiet: true, state: bench.path("state"), firstRun: false };
    const listeners = (): number => getEventListeners(controller.signal, "abort").length;
    /** Connections to the registries, as these see them: the test's own and those of the runs. */
    const connections = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const watching = watchAction(flags, controller.signal, clock);
    while (clock.waiting === 0) await turns();
    await seed(app, sampleImage({ seed: "v1", layers: 1 }), "v1");
    await target.resolve("none").catch(() => {});
    const own = connections();

    for (let hour = 1; hour <= 12; hour += 1) {
      if (hour === 4) await writeFile(path, "mirrors: {");
      if (hour === 8) await writeFile(path, JSON.stringify(file));
      const tag = `h${hour}`;
      await seed(app, sampleImage({ seed: tag, layers: 1 }), tag);
      clock.moveTo(new Date(2026, 0, 1, hour));
      while (!(await hasTag(target, tag))) await turns();
      // What the run held is given back before the next one: it never is where something is left open.
      while (connections() > own || listeners() > 1) await turns();
    }
    controller.abort();
    await watching;
    expect([listeners(), clock.waiting]).toEqual([0, 0]);
  });
});

describe("watchAction() at a registry that asks to wait", () => {
  it("begins each run with all of its --max-total-wait", async () => {
    await using bench = await Workbench.open();
    let refusals = 1;
    const from = await bench.serve(async (request, next) => {
      if (request.route.kind !== "manifest" || request.method === "PUT" || refusals === 0) return next();
      refusals -= 1;
      return { status: 429, headers: { "retry-after": "1" } };
    });
    const to = await bench.serve();
    refusals = 0;
    const [app, target] = [bench.repository(from, "app"), bench.repository(to, "app")];
    const mirrors = [{ from: `${from.address}/app`, to: `${to.address}/app` }];
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors }));
    const clock = new HandClock(new Date(2026, 0, 1));
    const controller = new AbortController();
    const flags = { file: bench.path("mirror.yaml"), watch: "0 * * * *", quiet: true, state: bench.path("state") };
    const watching = watchAction({ ...flags, maxTotalWait: 1, firstRun: false }, controller.signal, clock);
    while (clock.waiting === 0) await turns();
    for (const hour of [1, 2, 3]) {
      const tag = `h${hour}`;
      await seed(app, sampleImage({ seed: tag, layers: 1 }), tag);
      refusals = 1;
      clock.moveTo(new Date(2026, 0, 1, hour));
      // It comes only where the run may wait its second.
      while (!(await hasTag(target, tag))) await turns();
      expect(refusals).toBe(0);
      while (clock.waiting === 0) await turns();
    }
    controller.abort();
    // The last run may not have ended: it is aborted then.
    await watching.catch((error: unknown) => expect(error).toBe(controller.signal.reason));
  });
});

describe("watchAction() with reports", () => {
  it("writes them at the end of each run, whole and over those of the run before, also where a run came to nothing", async () => {
    await using bench = await Workbench.open();
    const { app, file, target, to } = await setup(bench);
    const [path, report] = [bench.path("mirror.yaml"), bench.path("r.json")];
    const clock = new HandClock(new Date(2026, 0, 1));
    const controller = new AbortController();
    const flags = {
      file: path,
      watch: "0 * * * *",
      json: true,
      state: bench.path("state"),
      report: [report, bench.path("r.html")],
    };
    const ended: string[] = [];
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      if (String(text).startsWith('{"type":"ended"')) ended.push(String(text));
      return true;
    });
    /** The report of that run, when it has ended. */
    const reportOf = async (run: number): Promise<SyncResult> => {
      while (ended.length < run) await turns();
      return JSON.parse(await readFile(report, "utf8"));
    };
    const runAt = (hour: number): Promise<SyncResult> => {
      clock.moveTo(new Date(2026, 0, 1, hour));
      return reportOf(hour + 1);
    };
    const watching = watchAction(flags, controller.signal, clock);

    expect((await reportOf(1)).images).toMatchObject([{ tag: "v1", outcome: "copied" }]);
    await seed(app, sampleImage({ seed: "v2", layers: 1 }), "v2");
    expect(await runAt(1)).toMatchObject({ ok: true, outcomes: { copied: 1, unchanged: 1 } });
    // A catalogue that can't be asked: nothing is known of what is to be copied.
    const refused = { from: "127.0.0.1:1/*", to: `${to.address}/{match}` };
    await writeFile(path, JSON.stringify({ ...file, mirrors: [refused] }));
    expect(await runAt(2)).toMatchObject({ ok: false, images: [{ outcome: "failed" }] });
    await writeFile(path, JSON.stringify({ ...file, hosts: { [to.address]: { ca: "gone.pem" } } }));
    expect(await runAt(3)).toMatchObject({
      ok: false,
      images: [],
      error: { message: expect.stringContaining("gone.pem") },
    });

    expect(JSON.parse(ended.at(-1) ?? "")).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("gone.pem") },
    });

    controller.abort();
    await watching;
    stdout.mockRestore();
    expect(await hasTag(target, "v2")).toBe(true);
    const files = await readdir(bench.path("."));
    expect(files.filter((name) => name.startsWith("r.")).toSorted()).toEqual(["r.html", "r.json"]);
  });
});

async function hasTag(store: RegistryStore, tag: string): Promise<boolean> {
  return (await store.resolve(tag).catch(() => undefined)) !== undefined;
}
