import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { client, failure, read, serve } from "../../../../test/support/transport-setup.ts";
import type { RegistryError } from "../errors/errors.ts";
import type { RegistryTransport } from "../http/request.ts";
import type { HostWait, HostWaitsSpent } from "./host-waits.ts";
import { ownWaitBudget, WaitBudget } from "./wait-budget.ts";

const MINUTE = 60_000;

/** Refuses every request, and asks to wait for so many seconds. */
function refusing(seconds: () => number, status = 429): { readonly listener: RequestListener; count: number } {
  const server = {
    count: 0,
    listener: ((_, response) => {
      server.count += 1;
      response.writeHead(status, { "retry-after": String(seconds()) }).end();
    }) as RequestListener,
  };
  return server;
}

/** A budget, and what it said: minutes. */
function toldBudget(maxTotalMs?: number): {
  readonly budget: WaitBudget;
  readonly waits: HostWait[];
  readonly spent: HostWaitsSpent[];
} {
  const waits: HostWait[] = [];
  const spent: HostWaitsSpent[] = [];
  const told = {
    onWait: (wait: HostWait) => void waits.push(wait),
    onSpent: (end: HostWaitsSpent) => void spent.push(end),
  };
  return { budget: new WaitBudget({ maxTotalMs, ...told }), waits, spent };
}

/** Asks until the waits are spent; gives the error, and how many failed before it. */
async function untilSpent(
  made: RegistryTransport,
): Promise<{ readonly error: RegistryError; readonly failed: number }> {
  for (let failed = 0; ; failed += 1) {
    const error = (await failure(read(made))) as RegistryError;
    if (error.code === "RATE_LIMITED") return { error, failed };
    expect(error.code).toBe("TOOMANYREQUESTS");
  }
}

describe("WaitBudget", () => {
  it("ends a lasting 429 after 30 min of waiting, and says so before and after", async () => {
    const server = refusing(() => 60);
    const host = await serve(server.listener);
    const { budget, waits, spent } = toldBudget();
    const before = Date.now();
    const { error, failed } = await untilSpent(client(host, { waitBudget: budget }));
    // Five tries each, a wait before each try but the first: 30 waits of a minute.
    expect({ failed, asked: server.count }).toEqual({ failed: 6, asked: 31 });
    expect(error).toMatchObject({ code: "RATE_LIMITED", status: 429, retryAfterMs: expect.closeTo(MINUTE, -3) });
    expect(error.message).toMatch(
      new RegExp(
        `^Cannot read manifest "latest" from "${host}/app": ${host} asked to wait again, and this run has waited ` +
          "for it as long as it may \\(1800 s in all\\); come back at \\d{4}-",
      ),
    );
    expect(waits.map(({ waitedMs }) => Math.round(waitedMs / MINUTE))).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1),
    );
    expect(waits[0]).toMatchObject({ host, delayMs: MINUTE, maxTotalMs: 30 * MINUTE });
    expect(Number(waits[0]?.endsAt) - before).toBeGreaterThanOrEqual(MINUTE);
    expect(spent).toEqual([
      { host, waitedMs: expect.closeTo(30 * MINUTE, -1), maxTotalMs: 30 * MINUTE, comeBackAt: expect.any(Date) },
    ]);
    // Whatever is left for the host fails at once, and asks nothing.
    const client2 = client(host, { waitBudget: budget });
    for (let n = 0; n < 3; n += 1) expect(await failure(read(client2))).toMatchObject({ code: "RATE_LIMITED" });
    expect({ asked: server.count, told: spent.length }).toEqual({ asked: 31, told: 1 });
  });

  it.each([429, 503])("counts and tells the time of a host once, however many wait: %i", async (status) => {
    const waiting: (() => void)[] = [];
    const refused = Promise.withResolvers<void>();
    const refusals = 8;
    const host = await serve((_, response) => {
      if (waiting.length === refusals) return response.end("ok");
      waiting.push(() => response.writeHead(status, { "retry-after": "60" }).end());
      if (waiting.length < refusals) return undefined;
      for (const refuse of waiting) refuse();
      return refused.resolve();
    });
    // Nobody goes on before all eight were refused.
    const sleep = async (): Promise<void> => {
      await refused.promise;
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    };
    const { budget, waits } = toldBudget();
    const made = client(host, { waitBudget: budget, sleep });
    expect(await Promise.all(Array.from({ length: 20 }, () => read(made)))).toEqual(Array(20).fill("ok"));
    expect(waits).toEqual([expect.objectContaining({ delayMs: MINUTE, waitedMs: expect.closeTo(MINUTE, -1) })]);
  });

  it("lets other hosts go on, each with a total of its own", async () => {
    const server = refusing(() => 60);
    const { budget, waits } = toldBudget(5 * MINUTE);
    const [one, other] = [await serve(server.listener), await serve(server.listener)];
    await untilSpent(client(one, { waitBudget: budget }));
    expect(waits).toHaveLength(5);
    const good = await serve((_, response) => response.end("ok"));
    expect(await read(client(good, { waitBudget: budget }))).toBe("ok");
    await untilSpent(client(other, { waitBudget: budget }));
    expect(waits.map(({ host }) => host)).toEqual([...Array(5).fill(one), ...Array(5).fill(other)]);
  });

  it.each([
    [0, 0, 1],
    [59_000, 0, 1],
    [60_000, 1, 2],
    [150_000, 2, 3],
  ])("begins no wait that would end after the total: %i ms", async (maxTotalMs, waited, asked) => {
    const server = refusing(() => 60);
    const { budget, waits } = toldBudget(maxTotalMs);
    await untilSpent(client(await serve(server.listener), { waitBudget: budget }));
    expect({ waited: waits.length, asked: server.count }).toEqual({ waited, asked });
  });

  it("ends at once what waits already", async () => {
    let seconds = 60;
    const server = refusing(() => seconds);
    const host = await serve(server.listener);
    const { budget } = toldBudget(90_000);
    const sleeping = Promise.withResolvers<void>();
    const held: string[] = [];
    // Nothing wakes a sleeper but its signal.
    const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        held.push("sleeps");
        if (held.length === 3) sleeping.resolve();
      });
    const made = client(host, { waitBudget: budget, sleep });
    // One waits to be tried again, the others for the host.
    const waiting = [failure(read(made))];
    while (held.length === 0) await new Promise(setImmediate);
    waiting.push(failure(read(made)), failure(read(made)));
    await sleeping.promise;
    expect(server.count).toBe(1);
    seconds = 100;
    const other = await failure(read(client(host, { waitBudget: budget, sleep })));
    expect([other, ...(await Promise.all(waiting))]).toEqual(
      Array(4).fill(expect.objectContaining({ code: "RATE_LIMITED", retryAfterMs: expect.closeTo(100_000, -4) })),
    );
    expect(server.count).toBe(2);
  });

  it("begins anew by reset()", async () => {
    const server = refusing(() => 60);
    const { budget, waits, spent } = toldBudget(2 * MINUTE);
    const made = client(await serve(server.listener), { waitBudget: budget });
    await untilSpent(made);
    expect(await failure(read(made))).toMatchObject({ code: "RATE_LIMITED" });
    expect(server.count).toBe(3);
    budget.reset();
    await untilSpent(made);
    // The host is still to be left alone for a minute.
    expect(server.count).toBe(5);
    expect({ waits: waits.length, spent: spent.length }).toEqual({ waits: 4, spent: 2 });
  });

  it("of a client that is given none begins anew when a host was quiet for 30 min", () => {
    const waits = ownWaitBudget().of("r.example");
    const take = (minute: number): boolean =>
      waits.take({ now: minute * MINUTE, delayMs: MINUTE, singleMs: 2 * MINUTE });
    const taken = Array.from({ length: 40 }, (_, minute) => take(minute));
    expect(taken.filter((isTaken) => isTaken)).toHaveLength(30);
    // The last was refused in minute 39, until minute 40.
    expect(waits.spentAt(69 * MINUTE)).toMatchObject({ comeBackAt: 40 * MINUTE });
    expect(waits.ended.aborted).toBe(true);
    expect(waits.spentAt(70 * MINUTE)).toBeUndefined();
    expect(waits.ended.aborted).toBe(false);
    expect(take(70)).toBe(true);
    // Never by itself where the run has one.
    const ofRun = new WaitBudget({ maxTotalMs: MINUTE }).of("r.example");
    expect(
      [0, 1, 1e6].map((minute) => ofRun.take({ now: minute * MINUTE, delayMs: MINUTE, singleMs: MINUTE })),
    ).toEqual([true, false, false]);
  });

  it("allows as much in all as a single wait may take, unless a total is given", async () => {
    const hours = { retry: { maxRetryAfterMs: 7_200_000, attempts: 2 } };
    for (const [budget, asked] of [
      [new WaitBudget(), 2],
      [new WaitBudget({ maxTotalMs: 30 * MINUTE }), 1],
    ] as const) {
      const server = refusing(() => 7200);
      const made = client(await serve(server.listener), { waitBudget: budget, ...hours });
      await failure(read(made));
      expect(server.count).toBe(asked);
    }
  });

  it("keeps no upload open: it can be cancelled all the same", async () => {
    const methods: (string | undefined)[] = [];
    const host = await serve(({ method }, response) => {
      methods.push(method);
      if (method === "DELETE") response.writeHead(204).end();
      else response.writeHead(429, { "retry-after": "60" }).end();
    });
    const made = client(host, { waitBudget: new WaitBudget({ maxTotalMs: 0 }) });
    expect(await failure(read(made))).toMatchObject({ code: "RATE_LIMITED" });
    await read(made, { method: "DELETE", kind: "upload", path: "/v2/app/blobs/uploads/1", accept: [204] });
    expect(methods).toEqual(["GET", "DELETE"]);
  });

  it("refuses times that are none", () => {
    expect(() => new WaitBudget({ maxTotalMs: -1 })).toThrow(
      new RangeError("invalid maxTotalMs -1: expected ms from 0"),
    );
    expect(() => new WaitBudget({ quietMs: Number.NaN })).toThrow(RangeError);
  });
});
