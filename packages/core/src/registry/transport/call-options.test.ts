import { describe, expect, it } from "vitest";
import { BIG, blobOf, isCommit, opening } from "../../../../../test/support/scripted-blobs.ts";
import { failed } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { RequestRecord, RetryRecord } from "../../call/call-options.ts";

const FAILING = () => failed(503, "UNAVAILABLE");

describe("retries of one call", () => {
  it("are as the call says, and else as the client says", async () => {
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    await using setup = await scriptedSetup(FAILING, { sleep, retry: { attempts: 2, baseDelayMs: 0 } });
    const store = setup.registry.repository("app");
    await expect(store.open("v1")).rejects.toMatchObject({ status: 503 });
    expect(setup.server.log).toHaveLength(2);
    await expect(store.open("v1", { retry: { attempts: 4 } })).rejects.toMatchObject({ status: 503 });
    expect(setup.server.log).toHaveLength(6);
    expect(waits).toEqual([0, 0, 0, 0]);
    await expect(store.open("v1", { retry: { attempts: 1 } })).rejects.toMatchObject({ status: 503 });
    expect(setup.server.log).toHaveLength(7);
  });

  it("are told to the client and to the call, with what failed and whether the registry asked to wait", async () => {
    const told: RetryRecord[] = [];
    let answers = 0;
    await using setup = await scriptedSetup(
      () => {
        answers += 1;
        if (answers === 1) return { ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "7" } };
        return answers === 2 ? failed(502, "BAD") : { status: 200, body: '{"tags":[]}' };
      },
      { sleep: async () => {}, onRetry: (retry) => void told.push(retry) },
    );
    const own: RetryRecord[] = [];
    await Array.fromAsync(setup.registry.repository("app").tags({ onRetry: (retry) => void own.push(retry) }));
    expect(own).toEqual(told);
    const { host } = setup.server;
    expect(own).toMatchObject([
      { method: "GET", kind: "tags", host, attempt: 1, delayMs: 7000, throttled: true, error: { status: 429 } },
      { method: "GET", kind: "tags", host, attempt: 2, throttled: false, error: { status: 502 } },
    ]);
  });

  it("hold for a body that breaks off and for an upload that starts anew", async () => {
    const told: string[] = [];
    let breaks = 1;
    await using setup = await scriptedSetup(
      async (request) => {
        if (breaks === 0) return undefined;
        if (isCommit(request)) {
          await request.breakAfter(100_000);
        } else if (request.path.includes("/tags/")) {
          return { status: 200, body: '{"tags":[]}', breakAfter: 5 };
        } else {
          return undefined;
        }
        breaks -= 1;
        return "dropped";
      },
      { sleep: async () => {} },
    );
    const store = setup.registry.repository("app");
    const onRetry = ({ method, kind }: RetryRecord) => void told.push(`${method} ${kind}`);
    await store.push(blobOf(BIG), opening(BIG), { onRetry });
    breaks = 1;
    await expect(Array.fromAsync(store.tags({ retry: { attempts: 1 }, onRetry }))).rejects.toThrow();
    await expect(Array.fromAsync(store.tags({ retry: { attempts: 2 }, onRetry }))).rejects.toThrow();
    expect(told).toEqual(["PUT upload", "GET tags"]);
  });

  it.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { baseDelayMs: -1 },
    { maxDelayMs: Number.NaN },
    { maxRetryAfterMs: 2 ** 31 },
  ])("are refused where they make no sense: %j", async (retry) => {
    await using setup = await scriptedSetup();
    await expect(setup.registry.repository("app").resolve("v1", { retry })).rejects.toThrow(RangeError);
    expect(setup.server.log).toEqual([]);
    await expect(scriptedSetup(undefined, { retry })).rejects.toThrow(RangeError);
  });
});

describe("timeouts of a call, or of its client", () => {
  const SILENT = () => new Promise<never>(() => {});

  it("end the wait for the head of an answer", async () => {
    await using setup = await scriptedSetup(SILENT, { retry: { attempts: 1 } });
    const resolving = setup.registry.repository("app").resolve("v1", { timeouts: { headersMs: 50 } });
    await expect(resolving).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("end the wait for the commit of a blob, which is longer of itself", async () => {
    await using setup = await scriptedSetup((request) => (isCommit(request) ? SILENT() : undefined), {
      retry: { attempts: 1 },
    });
    const timeouts = { headersMs: 50 };
    const pushing = setup.registry.repository("app").push(blobOf(BIG), opening(BIG), { timeouts });
    await expect(pushing).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("are the client's where the call says nothing", async () => {
    await using setup = await scriptedSetup(SILENT, { retry: { attempts: 1 }, timeouts: { headersMs: 50 } });
    await expect(setup.registry.repository("app").resolve("v1")).rejects.toMatchObject({ code: "TIMEOUT" });
    const body = () => ({ status: 200, headers: { "content-length": 100 }, body: '{"tags":' });
    await using stalled = await scriptedSetup(body, { retry: { attempts: 1 }, timeouts: { bodyMs: 50 } });
    const listing = Array.fromAsync(stalled.registry.repository("app").tags());
    await expect(listing).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("end the wait for more of a body", async () => {
    await using setup = await scriptedSetup(
      () => ({ status: 200, headers: { "content-length": 100 }, body: '{"tags":' }),
      { retry: { attempts: 1 } },
    );
    const listing = Array.fromAsync(setup.registry.repository("app").tags({ timeouts: { bodyMs: 50 } }));
    await expect(listing).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it.each([{ headersMs: -1 }, { bodyMs: Number.NaN }, { connectMs: Number.POSITIVE_INFINITY }])(
    "are refused where they make no sense: %j",
    async (timeouts) => {
      await expect(scriptedSetup(undefined, { timeouts })).rejects.toThrow(RangeError);
    },
  );
});

it("onExchange of the client is told of every call's requests, beside that of the call", async () => {
  const clients: RequestRecord[] = [];
  const calls: RequestRecord[] = [];
  await using setup = await scriptedSetup(() => ({ status: 200, body: '{"tags":[]}' }), {
    onExchange: (request) => void clients.push(request),
  });
  const store = setup.registry.repository("app");
  await Array.fromAsync(store.tags({ onExchange: (request) => void calls.push(request) }));
  await Array.fromAsync(store.tags());
  expect(calls).toEqual([{ method: "GET", kind: "tags", host: setup.server.host, status: 200 }]);
  expect(clients).toEqual([...calls, ...calls]);
});
