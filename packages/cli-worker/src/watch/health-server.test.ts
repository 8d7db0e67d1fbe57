import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import type { SyncResult } from "@tranship/copy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../errors/usage-error.ts";
import { MirrorFileError } from "../mirror/problem.ts";
import { type HealthServer, serveHealth } from "./health-server.ts";
import { WatchStatus } from "./watch-status.ts";

const [STARTED, ENDED, NEXT] = ["2026-11-25T03:00:00.000Z", "2026-11-25T03:00:30.000Z", "2026-11-26T03:00:00.000Z"];
const outcomes = { copied: 2, retagged: 0, unchanged: 5, deleted: 0, refused: 0, failed: 1, left: 0 };
const result = {
  ok: false,
  outcomes,
  moved: { count: 3, bytes: 4096 },
  requests: { 'r.example:5000"\\': { "GET tags": 1 } },
} as unknown as SyncResult;

let status: WatchStatus;
let server: HealthServer;
const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(`http://${server.address}${path}`, init);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};

beforeEach(async () => {
  status = new WatchStatus();
  server = await serveHealth({ host: "127.0.0.1", port: 0 }, status);
});
afterEach(() => server[Symbol.asyncDispose]());

/** A run that ended. */
function ended(outcome: { readonly result: SyncResult } | { readonly error: unknown }): void {
  status.onEvent({ type: "started", startedAt: new Date(STARTED) });
  status.onEvent({ type: "waiting", next: new Date(NEXT) });
  status.onEvent({ type: "ended", startedAt: new Date(STARTED), endedAt: new Date(ENDED), ...outcome });
}

describe("serveHealth()", () => {
  it("answers 200 before the first run has ended, and while it goes on", async () => {
    status.onEvent({ type: "started", startedAt: new Date(STARTED) });
    const answer = await get("/healthz");
    expect(answer).toMatchObject({ status: 200, type: "application/json" });
    expect(JSON.parse(answer.text)).toMatchObject({ status: "waiting", running: STARTED, last: null });
  });

  it("answers 503 after a run in which something failed, with how it went and when the next one is, and is live all the same", async () => {
    ended({ result });
    const answer = await get("/healthz");
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toEqual({
      status: "failed",
      running: null,
      last: { startedAt: STARTED, endedAt: ENDED, ok: false, outcomes, moved: { count: 3, bytes: 4096 } },
      next: NEXT,
      runs: { ok: 0, failed: 1, skipped: 0 },
      fileProblem: null,
    });
    expect(await get("/livez")).toMatchObject({ status: 200 });
    ended({ result: { ...result, ok: true } });
    expect(await get("/healthz")).toMatchObject({ status: 200 });
  });

  it("shows what ended a run, and what is wrong with the file, which is no failure", async () => {
    ended({ error: new Error("Cannot read\nthe catalogue") });
    expect(JSON.parse((await get("/healthz")).text).last).toMatchObject({
      ok: false,
      error: "Cannot read the catalogue",
    });
    ended({ result: { ...result, ok: true } });
    const problems = [3, 5].map((line) => ({ at: { line, column: 1 }, message: "no YAML" }));
    const error = new MirrorFileError("mirror.yaml", problems);
    status.onEvent({ type: "broken", error, loadedAt: new Date(STARTED) });
    const broken = await get("/healthz");
    expect(broken.status).toBe(200);
    expect(JSON.parse(broken.text).fileProblem).toBe("mirror.yaml:3:1: no YAML; mirror.yaml:5:1: no YAML");
    status.onEvent({ type: "mended" });
    expect(JSON.parse((await get("/healthz")).text).fileProblem).toBeNull();
  });

  it("has metrics for Prometheus", async () => {
    ended({ result });
    status.onEvent({ type: "skipped", due: new Date(NEXT), running: new Date(STARTED) });
    const { text, type } = await get("/metrics");
    expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = text.split("\n");
    for (const line of [
      'tranship_sync_runs_total{outcome="failed"} 1',
      'tranship_sync_runs_total{outcome="skipped"} 1',
      "tranship_sync_running 0",
      "tranship_sync_last_run_success 0",
      "tranship_sync_last_run_duration_seconds 30",
      `tranship_sync_next_run_timestamp_seconds ${Date.parse(NEXT) / 1000}`,
      'tranship_sync_last_run_images{outcome="unchanged"} 5',
      "tranship_sync_last_run_moved_bytes 4096",
      'tranship_sync_last_run_requests{host="r.example:5000\\"\\\\",kind="GET tags"} 1',
      "# TYPE tranship_sync_runs_total counter",
    ]) {
      expect(lines).toContain(line);
    }
    expect(text.endsWith("\n")).toBe(true);
  });

  it("answers nothing else, and only to GET and HEAD", async () => {
    expect(await get("/")).toMatchObject({ status: 404 });
    expect(await get("/healthz?x=1", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(await get("/healthz", { method: "POST" })).toMatchObject({ status: 405 });
  });

  it("says why it can't listen", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const refused = expect(serveHealth({ host: "127.0.0.1", port }, status)).rejects;
    await refused.toThrow(`Cannot listen at 127.0.0.1:${port}: another program does`);
    await expect(serveHealth({ host: "127.0.0.1", port }, status)).rejects.toBeInstanceOf(UsageError);
    taken.close();
  });
});
