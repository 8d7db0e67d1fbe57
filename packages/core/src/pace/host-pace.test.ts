import type { RequestListener } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { client, failure, manifest, read, serve } from "../../../../test/support/transport-setup.ts";

/** A sleep that ends when the test says so; the waits that were asked for. */
function heldSleep(): {
  readonly waits: number[];
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly asked: (count: number) => Promise<void>;
  readonly wake: () => void;
} {
  const waits: number[] = [];
  let sleepers: (() => void)[] = [];
  const watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  return {
    waits,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        waits.push(ms);
        sleepers.push(resolve);
        for (const { count, resolve: seen } of watchers) if (waits.length >= count) seen();
      }),
    asked: (count) =>
      new Promise((resolve) => {
        if (waits.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
    wake() {
      const woken = sleepers;
      sleepers = [];
      for (const sleeper of woken) sleeper();
    },
  };
}

/** Answers 429 to the first request, with a Retry-After where one is given. */
function throttlingOnce(retryAfter: () => string | undefined): { readonly listener: RequestListener; count: number } {
  const server = {
    count: 0,
    listener: ((_, response) => {
      server.count += 1;
      if (server.count > 1) return response.end("ok");
      const header = retryAfter();
      return response.writeHead(429, header === undefined ? {} : { "retry-after": header }).end();
    }) as RequestListener,
  };
  return server;
}

describe("a host", () => {
  /** Asks 120 times; gives the most requests that were open at once. `answered` decides when one is answered. */
  async function mostAtOnce(answered: (open: number) => Promise<unknown>): Promise<number> {
    let [open, most] = [0, 0];
    const host = await serve(async (_request, response) => {
      open += 1;
      most = Math.max(most, open);
      await answered(open);
      open -= 1;
      response.end("ok");
    });
    const made = client(host, { plainHttp: true, connections: 20 });
    await Promise.all(Array.from({ length: 120 }, () => read(made)));
    return most;
  }

  it("that answers at once is asked 8 things at the same time", async () => {
    const { promise: all, resolve: allCame } = Promise.withResolvers<void>();
    const most = await mostAtOnce(async (open) => {
      if (open === 8) allCame();
      await all;
      // A ninth would come meanwhile.
      for (let n = 0; n < 10; n += 1) await setImmediate();
    });
    expect(most).toBe(8);
  });

  it("that takes long to answer is asked as many as the client may", async () => {
    expect(await mostAtOnce(() => setTimeout(25))).toBe(20);
  });
});

describe("a host that answers 429", () => {
  it.each([
    ["in seconds", () => "7", 7000, 7000],
    ["as a date", () => new Date(Date.now() + 60_000).toUTCString(), 57_000, 60_000],
  ])("is asked by nobody before the time that it told %s", async (_, retryAfter, least, most) => {
    const server = throttlingOnce(retryAfter);
    const { waits, sleep, asked, wake } = heldSleep();
    const made = client(await serve(server.listener), { sleep });
    const first = read(made);
    await asked(1);
    const others = [read(made), read(made, { path: "/v2/other/tags/list", kind: "tags" })];
    await asked(3);
    expect(server.count).toBe(1);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(most);
    expect(waits[0]).toBeGreaterThan(least - 1);
    wake();
    expect(await Promise.all([first, ...others])).toEqual(["ok", "ok", "ok"]);
    expect(server.count).toBe(4);
  });

  it("holds up no other host", async () => {
    const server = throttlingOnce(() => "7");
    const host = await serve(server.listener);
    const other = await serve((_, response) => response.end("other"));
    const { sleep, asked, wake } = heldSleep();
    const made = client(host, { sleep });
    const first = read(made);
    await asked(1);
    expect(await read(made, { path: new URL(`http://${other}/v2/`) })).toBe("other");
    wake();
    expect(await first).toBe("ok");
  });

  it("without a time is left alone by all, for as long as a backoff says", async () => {
    const server = throttlingOnce(() => undefined);
    const { waits, sleep, asked, wake } = heldSleep();
    const made = client(await serve(server.listener), { sleep, retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const first = read(made);
    await asked(1);
    const second = read(made);
    await asked(2);
    expect(server.count).toBe(1);
    expect(waits[1]).toBeLessThanOrEqual(60_000);
    wake();
    // The first may have been told a shorter backoff than the host's.
    await asked(2);
    wake();
    expect(await Promise.all([first, second])).toEqual(["ok", "ok"]);
  });

  it("for longer than allowed ends everything that asks it, at once", async () => {
    let count = 0;
    const host = await serve((_, response) => {
      count += 1;
      response.writeHead(429, { "retry-after": "3600" }).end();
    });
    const made = client(host);
    expect(await failure(read(made))).toMatchObject({ code: "RATE_LIMITED", status: 429 });
    const next = await failure(read(made));
    expect(next).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.closeTo(3_600_000, -5) });
    expect(String(next)).toMatch(/asked for no more requests for now; come back at \d{4}-/);
    // A call that has more patience waits.
    expect(await failure(read(made, { call: { retry: { maxRetryAfterMs: 3_600_000, attempts: 1 } } }))).toMatchObject({
      code: "TOOMANYREQUESTS",
    });
    expect(count).toBe(2);
  });

  it("is waited for within the call's `whileWaiting`", async () => {
    const server = throttlingOnce(() => "7");
    const events: string[] = [];
    const made = client(await serve(server.listener));
    const whileWaiting = async (wait: () => Promise<void>): Promise<void> => {
      events.push("waits");
      await wait();
      events.push("goes on");
    };
    await read(made, { call: { whileWaiting } });
    expect(events).toEqual(["waits", "goes on"]);
  });

  it("ends what waits for it when the call is aborted, and when the client is closed", async () => {
    const server = throttlingOnce(() => "7");
    const { sleep, asked } = heldSleep();
    const made = client(await serve(server.listener), { sleep });
    const first = failure(read(made));
    await asked(1);
    const controller = new AbortController();
    const aborted = failure(read(made, { call: { signal: controller.signal } }));
    await asked(2);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    const waiting = failure(read(made));
    await asked(3);
    await made.close();
    expect([String(await first), String(await waiting)]).toEqual([
      expect.stringMatching(/closed/),
      expect.stringMatching(/closed/),
    ]);
    expect(server.count).toBe(1);
  });
});

describe("the concurrency of a host", () => {
  /** Answers when let go; counts how many wait. */
  function gathering(status: (n: number) => number): {
    readonly listener: RequestListener;
    readonly waiting: (() => void)[];
    readonly gathered: (count: number) => Promise<void>;
  } {
    const waiting: (() => void)[] = [];
    let watch: { readonly count: number; readonly resolve: () => void } | undefined;
    let number = 0;
    return {
      waiting,
      listener: (_, response) => {
        number += 1;
        const answer = status(number);
        waiting.push(() => response.writeHead(answer).end("ok"));
        if (waiting.length === watch?.count) watch.resolve();
      },
      gathered: (count) =>
        new Promise((resolve) => {
          if (waiting.length === count) resolve();
          else watch = { count, resolve };
        }),
    };
  }

  it("is halved by a 503, and grows again", async () => {
    const server = gathering((n) => (n === 1 ? 503 : 200));
    const made = client(await serve(server.listener), { connections: 4, retry: { baseDelayMs: 0 } });
    const first = read(made);
    await server.gathered(1);
    server.waiting.shift()?.();
    const rest = Array.from({ length: 7 }, () => read(made));
    // Two at once now, eight in all: after two good answers three, after three more four.
    for (const atOnce of [2, 2, 3, 3, 3]) {
      await server.gathered(atOnce);
      server.waiting.shift()?.();
    }
    for (let left = 3; left > 0; left -= 1) {
      await server.gathered(left);
      server.waiting.shift()?.();
    }
    expect(await Promise.all([first, ...rest])).toHaveLength(8);
  });

  it("does not count a body under way: a copy within one registry needs a turn for its source", async () => {
    let refusals = 1;
    const host = await serve((incoming, response) => {
      if (refusals-- > 0) return response.writeHead(503).end();
      if (incoming.method === "GET") return response.end("content");
      return incoming.resume().on("end", () => response.writeHead(201).end());
    });
    const made = client(host, { connections: 2 });
    expect(await failure(read(made, { retry: false }))).toMatchObject({ status: 503 });
    // One turn is left, and two connections.
    await read(made, {
      method: "PUT",
      path: "/v2/app/blobs/uploads/1",
      kind: "upload",
      accept: [201],
      contentLength: 7,
      body: async function* () {
        yield* (await made.request(manifest({ kind: "blob" }))).body;
      },
    });
  });
});

describe("pullFloor", () => {
  it("ends the reading of manifests, and nothing else, when no more pulls are left than that", async () => {
    let left = 6;
    const log: (string | undefined)[] = [];
    const host = await serve((incoming, response) => {
      log.push(incoming.method);
      if (incoming.method === "GET") left -= 1;
      response
        .setHeader("ratelimit-limit", "100;w=21600")
        .setHeader("ratelimit-remaining", `${left};w=21600`)
        .end("ok");
    });
    const made = client(host, { pullFloor: 5 });
    expect(await read(made)).toBe("ok");
    const error = await failure(read(made));
    expect(error).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: expect.closeTo(21_600_000, -5) });
    expect(String(error)).toMatch(
      /: 5 of 100 pulls are left at 127\.0\.0\.1:\d+, and the floor is 5; .* come back at \d{4}-/,
    );
    await read(made, { method: "HEAD" });
    await read(made, { kind: "blob" });
    expect(log).toEqual(["GET", "HEAD", "GET"]);
    left = 8;
    await read(made, { method: "HEAD" });
    expect(await read(made)).toBe("ok");
  });

  it("is refused where it is no count", () => {
    expect(() => client("r.example", { pullFloor: -1 })).toThrow(RangeError);
  });
});
