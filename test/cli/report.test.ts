import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SyncResult } from "@tranship/copy";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Hook, RunningServer, ServedRequest } from "tranship";
import { describe, expect, it } from "vitest";
import { WORKSPACE } from "../project/packages.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const SECRET = "hunter2-of-the-registry";
const FILES = ["r.json", "r.md", "r.html"];
const REPORTS = FILES.flatMap((file) => ["--report", file]);

interface Setup {
  readonly from: RunningServer;
  readonly to: RunningServer;
  readonly source: string;
  readonly target: string;
}

/** `team/app` with three tags that share a layer, two targets in one registry, and a mirror file. */
async function setup(bench: Workbench, tags?: object, hook?: Hook): Promise<Setup> {
  const [from, to] = [await bench.serve(hook), await bench.serve()];
  const app = bench.repository(from, "team/app");
  for (const tag of ["v1", "v2", "v3"]) {
    const layers = [
      { seed: "base", size: 100_000 },
      { seed: tag, size: 20_000 },
    ];
    await seed(app, sampleImage({ seed: tag, layers }), tag);
  }
  const [source, target] = [`${from.address}/team/app`, `${to.address}/mirror`];
  const mirror = { from: source, to: [`${target}/a`, `${target}/b`], tags };
  const hosts = { [from.address]: { credentials: { username: "reader", password: SECRET } } };
  await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, hosts, mirrors: [mirror] }));
  return { from, to, source, target };
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const allRequests = ({ requests }: SyncResult): number => sum(Object.values(requests).flatMap(Object.values));

const tagOf = ({ route }: ServedRequest): string | undefined =>
  route.kind === "manifest" ? route.reference : undefined;

const read = (bench: Workbench): Promise<readonly string[]> =>
  Promise.all(FILES.map((file) => readFile(bench.path(file), "utf8")));

async function expectSchema(name: "plan" | "report", text: string): Promise<void> {
  const file = join(WORKSPACE, `packages/cli-worker/schema/${name}.schema.json`);
  const validate = new Ajv2020({ formats: { "date-time": true } }).compile(JSON.parse(await readFile(file, "utf8")));
  validate(JSON.parse(text));
  expect(validate.errors).toBeNull();
}

describe("--report", () => {
  it("says in each form what a sync moved and saved, by image and host", async () => {
    await using bench = await Workbench.open();
    const { from, to, source, target } = await setup(bench);
    expect(await bench.run(["sync", "-f", "mirror.yaml", ...REPORTS])).toMatchObject({ code: 0, stderr: "" });

    const [json = "", markdown = "", page = ""] = await read(bench);
    const result = JSON.parse(json) as SyncResult;
    await expectSchema("report", json);
    expect(result).toMatchObject({ version: 1, kind: "result", ok: true, outcomes: { copied: 6 } });
    expect(result.images.every(({ requests, tookMs }) => requests > 0 && tookMs >= 0)).toBe(true);
    // Six images: the second repository of the registry mounts every blob.
    expect(result.mounted.bytes).toBeGreaterThan(100_000);
    expect(result.traffic[from.address]?.written).toBe(0);
    expect(result.traffic[from.address]?.read).toBeLessThan(result.moved.bytes);
    expect(result.traffic[to.address]).toEqual({ read: 0, written: result.moved.bytes });
    for (const text of [markdown, page]) {
      for (const part of ["6 tags: 6 copied", source, `${target}/a`, `${target}/b`, from.address, "mounted"]) {
        expect(text).toContain(part);
      }
    }

    expect(await bench.run(["sync", "-f", "mirror.yaml", "--report", "r.json"])).toMatchObject({ code: 0 });
    expect(JSON.parse((await read(bench))[0] ?? "")).toMatchObject({ outcomes: { unchanged: 6, copied: 0 } });
  });

  it("is written of a run in which something failed", async () => {
    await using bench = await Workbench.open();
    const { source } = await setup(bench, { names: ["v1", "v9"] });
    expect(await bench.run(["sync", "-f", "mirror.yaml", ...REPORTS, "-q"])).toMatchObject({ code: 1 });
    const [json = "", markdown = "", page = ""] = await read(bench);
    expect(JSON.parse(json)).toMatchObject({ ok: false, outcomes: { copied: 2 } });
    for (const text of [markdown, page]) {
      expect(text.toLowerCase()).toContain("not all was done");
      expect(text).toContain(`${source}:v9`);
      expect(text).toContain("MANIFEST_UNKNOWN");
    }
  });

  it("is written of a run that was interrupted, with what was done until then", async () => {
    await using bench = await Workbench.open();
    let isStuck = false;
    const third: Hook = async (request, next) => {
      const answer = await next();
      if (request.method !== "GET" || tagOf(request) !== "v3") return answer;
      isStuck = true;
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve, { once: true }));
      return answer;
    };
    const { target } = await setup(bench, { names: ["v1", "v2", "v3"] }, third);
    const command = bench.start(["sync", "-f", "mirror.yaml", "--json", ...REPORTS]);
    for (const tag of ["v1", "v2"]) {
      for (const name of ["a", "b"]) {
        await command.line(new RegExp(`"type":"tagged".*"${target}/${name}:${tag}"`));
      }
    }
    command.process.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 130, stderr: "tranship: interrupted\n" });
    expect(isStuck).toBe(true);
    const [json = "", markdown = "", page = ""] = await read(bench);
    expect(JSON.parse(json)).toMatchObject({ ok: false, outcomes: { copied: 4 }, error: { code: "INTERRUPTED" } });
    await expectSchema("report", json);
    for (const text of [markdown, page]) expect(text.toLowerCase()).toContain("interrupted");
  });

  it("is written by apply, with what a plan did not come to", async () => {
    await using bench = await Workbench.open();
    await setup(bench);
    expect(await bench.run(["plan", "-f", "mirror.yaml", "-o", "plan.json"])).toMatchObject({ code: 0 });
    const run = await bench.run(["apply", "plan.json", "-f", "mirror.yaml", ...REPORTS]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const [json = "", markdown = ""] = await read(bench);
    await expectSchema("plan", await readFile(bench.path("plan.json"), "utf8"));
    expect(JSON.parse(json)).toMatchObject({ ok: true, outcomes: { copied: 6 } });
    expect(markdown).toContain("## apply of `plan.json`: all done");
  });

  it("is written by copy, of an image and of a repository in which something failed", async () => {
    await using bench = await Workbench.open();
    const broken: Hook = async (request, next) =>
      request.method === "GET" && tagOf(request) === "v2" ? { status: 404, body: "" } : next();
    const { source, target } = await setup(bench, undefined, broken);
    expect(await bench.run(["copy", `${source}:v1`, `${target}/c:v9`, ...REPORTS])).toMatchObject({
      code: 0,
      stderr: "",
    });
    const [json = "", markdown = "", page = ""] = await read(bench);
    await expectSchema("report", json);
    const result = JSON.parse(json) as SyncResult;
    expect(result).toMatchObject({ ok: true, outcomes: { copied: 1 }, moved: { count: 4 } });
    expect(result.images).toMatchObject([
      { from: source, tag: "v1", to: `${target}/c`, targetTag: "v9", moved: { count: 4 } },
    ]);
    expect(result.images[0]?.requests).toBe(allRequests(result));
    for (const text of [markdown, page]) expect(text).toContain(`${source}:v1 → ${target}/c:v9`);

    expect(await bench.run(["copy", "-aq", source, `${target}/d`, ...REPORTS])).toMatchObject({ code: 1 });
    const all = JSON.parse((await read(bench))[0] ?? "") as SyncResult;
    expect(all).toMatchObject({ ok: false, outcomes: { copied: 2, failed: 1 } });
    // What it was asked for before it failed is counted too.
    expect(all.images.find(({ tag }) => tag === "v2")).toMatchObject({
      error: { code: "MANIFEST_UNKNOWN" },
      requests: 1,
    });
    expect(all.traffic[new URL(`http://${target}`).host]?.written).toBe(all.moved.bytes);
  });

  it("is written of a copy that was interrupted", async () => {
    await using bench = await Workbench.open();
    const stuck: Hook = async (request, next) => {
      const answer = await next();
      if (request.method !== "GET" || tagOf(request) !== "v3") return answer;
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve, { once: true }));
      return answer;
    };
    const { source, target } = await setup(bench, undefined, stuck);
    const command = bench.start(["copy", "-a", source, `${target}/c`, "--json", ...REPORTS]);
    for (const tag of ["v1", "v2"]) await command.line(new RegExp(`"type":"tagged".*/c:${tag}"`));
    command.process.kill("SIGTERM");
    expect(await command.ended).toMatchObject({ code: 143 });
    const result = JSON.parse((await read(bench))[0] ?? "") as SyncResult;
    expect(result).toMatchObject({ ok: false, outcomes: { copied: 2 }, error: { code: "INTERRUPTED" } });
    const copied = result.images.filter(({ outcome }) => outcome === "copied");
    expect(
      copied.every(({ moved, skipped, digest }) => digest !== undefined && moved.bytes + skipped.bytes > 100_000),
    ).toBe(true);
    const lists = Object.values(result.requests).map((kinds) => kinds["GET tags"] ?? 0);
    expect(sum(result.images.map(({ requests }) => requests))).toBe(allRequests(result) - sum(lists));
  });

  it("has the requests of an image that a sync did not finish", async () => {
    await using bench = await Workbench.open();
    const asked = Promise.withResolvers<void>();
    const stuck: Hook = async (request, next) => {
      if (request.method !== "GET" || request.route.kind !== "blob") return next();
      asked.resolve();
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("gone"))));
    };
    const { to, source, target } = await setup(bench, { names: ["v1"] }, stuck);
    const mirrors = [{ from: source, to: `${target}/a`, tags: ["v1"] }];
    await writeFile(bench.path("mirror.yaml"), JSON.stringify({ version: 1, mirrors }));
    const command = bench.start(["sync", "-f", "mirror.yaml", "-q", ...REPORTS]);
    await asked.promise;
    command.process.kill("SIGINT");
    expect(await command.ended).toMatchObject({ code: 130 });
    const result = JSON.parse((await read(bench))[0] ?? "") as SyncResult;
    const planning = [
      result.requests[source.replace(/\/.*/, "")]?.["GET manifest"],
      result.requests[to.address]?.["HEAD manifest"],
    ];
    expect(planning).toEqual([1, 1]);
    expect(result.images).toMatchObject([{ tag: "v1", outcome: "left", requests: allRequests(result) - 2 }]);
    expect(result.requests[to.address]?.["POST upload"]).toBeGreaterThan(0);
  });

  it("has no secrets, whatever a registry answers", async () => {
    await using bench = await Workbench.open();
    let seen: string | undefined;
    const echo: Hook = async (request, next) => {
      if (request.method !== "GET" || tagOf(request) !== "v2") return next();
      const { authorization } = request.headers;
      if (authorization === undefined)
        return { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: "" };
      seen = authorization;
      const body = JSON.stringify({ errors: [{ code: "DENIED", message: `not with ${authorization}` }] });
      return { status: 403, headers: { "content-type": "application/json" }, body };
    };
    await setup(bench, { names: ["v1", "v2"] }, echo);
    expect(await bench.run(["sync", "-f", "mirror.yaml", ...REPORTS, "-q"])).toMatchObject({ code: 1 });
    expect(seen).toMatch(/^Basic /);
    for (const text of await read(bench)) {
      expect(text).toContain("DENIED");
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(Buffer.from(`reader:${SECRET}`).toString("base64"));
    }
  });

  it("is refused before anything starts where it can't be written, is of no kind, or nothing is done", async () => {
    await using bench = await Workbench.open();
    const asked: string[] = [];
    await setup(bench, undefined, async (request, next) => {
      asked.push(request.path);
      return next();
    });
    asked.length = 0;
    for (const [args, message] of [
      [["--report", "r.txt"], 'Bad --report "r.txt"'],
      [["--report", "none/r.html"], 'there is no folder "none"'],
      [["--report", "r.md", "--report", "md=r.md"], "named twice"],
      [["--report", "r.md", "--dry-run"], "--dry-run"],
    ] as const) {
      const run = await bench.run(["sync", "-f", "mirror.yaml", ...args]);
      expect(run, message).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toContain(message);
    }
    expect(await bench.run(["apply", "none.json", "--report", "r.txt"])).toMatchObject({ code: 2 });
    expect(asked).toEqual([]);
    expect((await bench.entries()).filter((name) => name.startsWith("r."))).toEqual([]);
  });
});
