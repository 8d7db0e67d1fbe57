import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { client, failure, manifest, read, serve } from "../../../../test/support/transport-setup.ts";
import { HostBudget, type HostLimits } from "./host-budget.ts";

const CONTENT: Buffer = Buffer.alloc(1024 * 1024, "0123456789abcdef");

/** A budget whose waits take no time, and what they add up to. */
function budgetOf(limits: HostLimits): { readonly budget: HostBudget; readonly waited: () => number } {
  let total = 0;
  const sleep = async (ms: number): Promise<void> => {
    total += ms;
  };
  return { budget: new HostBudget({ limits: () => limits, sleep }), waited: () => total };
}

describe("HostBudget", () => {
  it("limits the requests of all registries that share it, reading and writing apart", async () => {
    const { budget, waited } = budgetOf({ requestsPerSecond: 1 });
    const host = await serve((_request, response) => void response.end("{}"));
    const [one, other] = [client(host, { budget }), client(host, { budget })];
    await read(one);
    await one.request(manifest({ method: "PUT", body: () => Buffer.from("{}"), contentLength: 2 }));
    expect(waited()).toBe(0);
    await read(other);
    await read(one);
    expect(waited()).toBeGreaterThan(1500);
    expect(waited()).toBeLessThanOrEqual(2100);
  });

  it("limits the bytes of answers", async () => {
    const { budget, waited } = budgetOf({ bytesPerSecond: 100_000 });
    const host = await serve((_request, response) => void response.end(CONTENT));
    const response = await client(host, { budget }).request(
      manifest({ kind: "blob", path: "/v2/app/blobs/sha256:00", answerLength: CONTENT.length }),
    );
    const hash = createHash("sha256");
    for await (const piece of response.body) {
      expect(piece.length).toBeLessThanOrEqual(64 * 1024);
      hash.update(piece);
    }
    expect(hash.digest("hex")).toBe(createHash("sha256").update(CONTENT).digest("hex"));
    // All but the last piece is paid for.
    expect(waited()).toBeGreaterThan(8500);
    expect(waited()).toBeLessThan(10_700);
  });

  it("holds back what is over the number at once, small requests and big blobs apart, and follows where that changes", async () => {
    let concurrency = 1;
    const budget = new HostBudget({ limits: () => ({ concurrency }) });
    const waiting: (() => void)[] = [];
    let arrived = Promise.withResolvers<void>();
    const host = await serve((request, response) => {
      waiting.push(() => void response.end(request.url?.includes("blobs") === true ? CONTENT : "{}"));
      arrived.resolve();
    });
    const made = client(host, { budget });
    const next = async (count: number): Promise<void> => {
      while (waiting.length < count) {
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    };
    const small = [read(made), read(made)];
    await next(1);
    concurrency = 3;
    waiting.shift()?.();
    await small[0];
    await next(1);
    waiting.shift()?.();
    await small[1];

    concurrency = 1;
    const blob = () =>
      made.request(manifest({ kind: "blob", path: "/v2/app/blobs/sha256:00", answerLength: CONTENT.length }));
    const first = blob();
    await next(1);
    waiting.shift()?.();
    const { body } = await first;
    const later = blob();
    // What is small passes a blob whose bytes nobody takes.
    for (let times = 0; times < 5; times += 1) {
      const between = read(made);
      await next(1);
      expect(waiting).toHaveLength(1);
      waiting.shift()?.();
      await between;
    }
    expect(waiting).toEqual([]);
    await body.drop();
    await next(1);
    waiting.shift()?.();
    await (await later).body.drop();
  });

  it("limits the bytes of requests", async () => {
    const { budget, waited } = budgetOf({ bytesPerSecond: 100_000 });
    const received: Buffer[] = [];
    const host = await serve((request, response) => {
      request.on("data", (piece: Buffer) => received.push(piece));
      request.on("end", () => response.writeHead(201).end());
    });
    async function* content(): AsyncGenerator<Uint8Array, void, void> {
      yield CONTENT;
    }
    await client(host, { budget }).request(
      manifest({ method: "PUT", kind: "upload", body: content, contentLength: CONTENT.length, accept: [201] }),
    );
    expect(Buffer.concat(received).equals(CONTENT)).toBe(true);
    expect(waited()).toBeGreaterThan(8500);
    expect(waited()).toBeLessThan(10_700);
  });

  it("ends a wait with the signal's reason, and the connection with it", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleep = (_ms: number, signal?: AbortSignal): Promise<void> => {
      setImmediate(() => controller.abort(reason));
      return new Promise((_resolve, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    };
    const budget = new HostBudget({ limits: () => ({ bytesPerSecond: 1000 }), sleep });
    const closed = Promise.withResolvers<void>();
    const host = await serve((request, response) => {
      request.socket.on("close", () => closed.resolve());
      response.write(CONTENT);
    });
    const response = await client(host, { budget }).request(manifest({ call: { signal: controller.signal } }));
    const reading = Array.fromAsync(response.body);
    expect(await failure(reading)).toBe(reason);
    await closed.promise;
  });
});
