import { lookup } from "node:dns";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { createTransport, type Transport, type TransportOptions } from "../../../../../test/support/bare-transport.ts";
import { cleanups, client, failure, manifest, serve } from "../../../../../test/support/transport-setup.ts";
import type { CallOptions } from "../../call/call-options.ts";
import { HostBudget } from "../../pace/host-budget.ts";
import type { LaneChoice } from "../lanes.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import type { Observer } from "../observe/observer.ts";

const BIG = 100_000;
const LANES = ["control", "blob"] as const;

function transport(lane: LaneChoice, options: Partial<TransportOptions> = {}): Transport {
  const made = createTransport({
    hostname: "127.0.0.1",
    tls: {},
    insecure: false,
    connections: 1,
    connectTimeoutMs: 60_000,
    environment: {},
    lookup,
    lane,
    timeouts: { headersMs: 60_000, bodyMs: 60_000 },
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

function request(host: string, path: string, init: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    url: new URL(`http://${host}${path}`),
    kind: "blob",
    headers: {},
    action: () => path,
    ...init,
  };
}

/** A PUT of a big body, which says when the body is opened. */
function put(host: string, path: string, opened: string[] = []): HttpRequest {
  const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
    opened.push(path);
    yield Buffer.alloc(BIG, 7);
  };
  return request(host, path, { method: "PUT", body, contentLength: BIG });
}

/** A registry that holds each request until the test answers it. */
async function holding(): Promise<Holding> {
  const arrived: string[] = [];
  const open = new Map<string, ServerResponse>();
  let [most, waiting] = [0, Promise.withResolvers<void>()];
  const host = await serve((incoming, response) => {
    incoming.resume();
    arrived.push(incoming.url ?? "");
    open.set(incoming.url ?? "", response);
    response.once("close", () => open.delete(incoming.url ?? ""));
    most = Math.max(most, open.size);
    waiting.resolve();
  });
  return {
    host,
    arrived,
    most: () => most,
    async held(path) {
      for (let response = open.get(path); ; response = open.get(path)) {
        if (response !== undefined) return response;
        waiting = Promise.withResolvers();
        await waiting.promise;
      }
    },
  };
}

interface Holding {
  readonly host: string;
  /** The paths of all requests, in the order of their arrival. */
  readonly arrived: readonly string[];
  /** The most requests that were open at once. */
  most(): number;
  /** The response to a request, once that is there. */
  held(path: string): Promise<ServerResponse>;
}

async function dropped(sending: Promise<HttpResponse>): Promise<number> {
  const response = await sending;
  await response.body.drop();
  return response.status;
}

/**
 * Waits until a connection that is never made has timed out: what has a shorter time, or the same
 * and began before, would have too.
 */
async function untilConnectTimeout(lane: LaneChoice, connectTimeoutMs: number): Promise<void> {
  const { send } = transport(lane, { connectTimeoutMs, lookup: () => {} });
  expect(await failure(send(request("r.example", "/x")))).toMatchObject({ code: "TIMEOUT" });
}

describe.each(LANES)("queue() before the %s lane", (lane) => {
  it("makes a request wait without a body, a socket or a time that runs", async () => {
    const registry = await holding();
    const { send } = transport(lane, { connectTimeoutMs: 1000, timeouts: { headersMs: 60_000, bodyMs: 1000 } });
    const opened: string[] = [];
    const sending = ["/1", "/2", "/3"].map((path) => dropped(send(put(registry.host, path, opened))));
    const first = await registry.held("/1");
    await untilConnectTimeout(lane, 1000);
    expect(opened).toEqual(["/1"]);
    first.end();
    (await registry.held("/2")).end();
    (await registry.held("/3")).end();
    expect(await Promise.all(sending)).toEqual([200, 200, 200]);
    expect(registry.arrived).toEqual(["/1", "/2", "/3"]);
    expect(registry.most()).toBe(1);
  });

  it("tells who measures a request that it is sent when it has its slot", async () => {
    const registry = await holding();
    const told: string[] = [];
    const observer: Observer = {
      start: ({ url }) => ({
        sent: () => void told.push(`sent ${url.pathname}`),
        answered: () => void told.push(`answered ${url.pathname}`),
      }),
    };
    const { send } = transport(lane, { observers: [observer] });
    const sending = ["/1", "/2"].map((path) => dropped(send(put(registry.host, path))));
    for (const path of ["/1", "/2"]) (await registry.held(path)).end();
    await Promise.all(sending);
    expect(told).toEqual(["sent /1", "answered /1", "sent /2", "answered /2"]);
  });

  it("lets a GET that resumes go before the others", async () => {
    const registry = await holding();
    const { send } = transport(lane);
    const big = { answerLength: BIG };
    const first = dropped(send(request(registry.host, "/1", big)));
    const held = await registry.held("/1");
    const others = [
      dropped(send(request(registry.host, "/2", big))),
      dropped(send(request(registry.host, "/resumed", { ...big, headers: { range: "bytes=5-" } }))),
    ];
    held.end();
    (await registry.held("/resumed")).end();
    (await registry.held("/2")).end();
    await Promise.all([first, ...others]);
    expect(registry.arrived).toEqual(["/1", "/resumed", "/2"]);
  });

  it("keeps small requests, big blobs that are read and big blobs that are sent apart", async () => {
    const registry = await holding();
    const { send } = transport(lane);
    const reading = send(request(registry.host, "/read", { answerLength: BIG }));
    const unknown = send(request(registry.host, "/unknown", {}));
    const sending = dropped(send(put(registry.host, "/sent")));
    const held = await registry.held("/read");
    held.writeHead(200, { "content-length": BIG }).write(Buffer.alloc(BIG - 1));
    const response = await reading;
    const sent = await registry.held("/sent");
    const small = dropped(send(request(registry.host, "/small", { kind: "manifest" })));
    (await registry.held("/small")).end();
    expect(await small).toBe(200);
    // A blob whose length nobody knows may be a big one.
    expect(registry.arrived).not.toContain("/unknown");
    held.end("x");
    sent.end();
    expect((await response.body.bytes(BIG)).length).toBe(BIG);
    (await registry.held("/unknown")).end();
    await (await unknown).body.drop();
    expect(await sending).toBe(200);
  });

  it("ends the wait of a request that is aborted, and goes on with the next", async () => {
    const registry = await holding();
    const { send } = transport(lane);
    const statuses: number[] = [];
    const onExchange = ({ status }: { readonly status: number }): void => void statuses.push(status);
    const opened: string[] = [];
    const first = dropped(send({ ...put(registry.host, "/1", opened), onExchange }));
    const held = await registry.held("/1");
    const stop = new AbortController();
    const aborted = failure(send({ ...put(registry.host, "/2", opened), onExchange, signal: stop.signal }));
    const third = dropped(send({ ...put(registry.host, "/3", opened), onExchange }));
    stop.abort(new Error("enough"));
    expect(await aborted).toBe(stop.signal.reason);
    held.end();
    (await registry.held("/3")).end();
    await Promise.all([first, third]);
    expect(opened).toEqual(["/1", "/3"]);
    // What was never sent is no exchange.
    expect(statuses).toEqual([200, 200]);
  });

  it("ends all waits when the client is closed", async () => {
    const registry = await holding();
    const made = transport(lane);
    const opened: string[] = [];
    const failing = ["/1", "/2", "/3"].map((path) => failure(made.send(put(registry.host, path, opened))));
    await registry.held("/1");
    await made.close();
    for (const error of await Promise.all(failing)) {
      expect(error).toMatchObject({ code: "NETWORK", message: expect.stringMatching(/the client was closed$/) });
    }
    expect(await failure(made.send(put(registry.host, "/4", opened)))).toMatchObject({ code: "NETWORK" });
    expect(opened).toEqual(["/1"]);
  });

  const [GET, HEAD, PUT] = [{ answerLength: BIG }, { method: "HEAD" }, put("h", "/")] as const;
  const end = (response: ServerResponse): void => void response.end(Buffer.alloc(BIG));
  it.each<[string, Partial<HttpRequest>, (to: ServerResponse, from: IncomingMessage) => unknown, Ending]>([
    ["a GET that was read", GET, end, async ({ body }) => body.bytes(BIG)],
    ["a GET that was dropped", GET, end, async ({ body }) => body.drop()],
    ["a GET that was given up", GET, (to) => to.writeHead(200, { "content-length": BIG }).write("x"), giveUp],
    ["a GET whose connection is closed", GET, (to) => to.setHeader("connection", "close").end("x"), readAll],
    [
      "a GET that breaks off",
      GET,
      (to) => to.writeHead(200, { "content-length": 5 }).write("x", () => to.destroy()),
      readAll,
    ],
    ["a GET that got no response", GET, (to) => to.destroy(), readAll],
    ["a HEAD", HEAD, end, readAll],
    ["a PUT", PUT, end, async ({ body }) => body.bytes(BIG)],
    ["a PUT that was refused", PUT, (to) => to.writeHead(413, { connection: "close" }).end("x"), readAll],
    ["a PUT that breaks off", PUT, (_, from) => from.socket.destroy(), readAll],
    [
      "a PUT whose response breaks off",
      PUT,
      (to) => to.writeHead(201, { "content-length": 5 }).write("x", () => to.destroy()),
      readAll,
    ],
  ])("gives the slot of %s to the next one", async (_, init, answer, ending) => {
    let count = 0;
    const host = await serve((incoming, response) => {
      count += 1;
      if (count === 1) answer(response, incoming);
      else incoming.resume().once("end", () => response.end());
    });
    const { send } = transport(lane);
    const { body: _body, ...rest } = init;
    const made = init.body === undefined ? request(host, "/1", rest) : put(host, "/1");
    const first = send(made)
      .then(ending)
      .catch(() => {});
    const second = dropped(send({ ...(init.body === undefined ? request(host, "/2", rest) : put(host, "/2")) }));
    expect(await second).toBe(200);
    await first;
    expect(await dropped(send({ ...made, url: new URL(`http://${host}/3`) }))).toBe(200);
  });

  it("releases the slot of a request whose connection is not made, or whose body fails", async () => {
    const { send } = transport(lane);
    const gone = await serve(() => {});
    const unread: string[] = [];
    const nobody = put("127.0.0.1:1", "/", unread);
    for (let n = 0; n < 3; n += 1) expect(await failure(send(nobody))).toMatchObject({ code: "NETWORK" });
    // Without a connection the content is not asked for.
    expect(unread).toEqual([]);
    const error = new Error("not there");
    const broken = (): never => {
      throw error;
    };
    for (let n = 0; n < 3; n += 1) expect(await failure(send({ ...put(gone, "/"), body: broken }))).toBe(error);
    const stop = new AbortController();
    const sending = failure(send({ ...put(gone, "/"), signal: stop.signal }));
    stop.abort(new Error("enough"));
    expect(await sending).toBe(stop.signal.reason);
    const opened: string[] = [];
    const last = new AbortController();
    const reached = failure(send({ ...put(gone, "/last", opened), signal: last.signal }));
    while (opened.length === 0) await new Promise((resolve) => setImmediate(resolve));
    last.abort();
    await reached;
  });
});

type Ending = (response: HttpResponse) => Promise<unknown>;

async function readAll({ body }: HttpResponse): Promise<void> {
  await body.bytes(BIG);
}

/** Reads a piece, and no more. */
async function giveUp({ body }: HttpResponse): Promise<void> {
  for await (const _ of body) return;
}

describe("queue()", () => {
  it("asks whether the host wants requests again when a wait is over: nothing is sent before the time told", async () => {
    const registry = await holding();
    const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const sleep = async (): Promise<void> => {
      asked.resolve();
      await goOn.promise;
    };
    const made = client(registry.host, { connections: 1, sleep, plainHttp: true });
    const blob = (path: string) =>
      made.request(manifest({ method: "PUT", kind: "upload", path, body: put("h", "/").body, contentLength: BIG }));
    const [first, second] = [blob("/1"), blob("/2")];
    const held = await registry.held("/1");
    const refused = failure(made.request(manifest({ path: "/small", call: { retry: { attempts: 1 } } })));
    (await registry.held("/small")).writeHead(429, { "retry-after": "60" }).end();
    await refused;
    held.end();
    await (await first).body.drop();
    await asked.promise;
    expect(registry.arrived).toEqual(["/1", "/small"]);
    goOn.resolve();
    (await registry.held("/2")).end();
    await (await second).body.drop();
  });

  it("waits within the call's `whileWaiting`", async () => {
    const registry = await holding();
    const made = client(registry.host, { connections: 1, plainHttp: true });
    const order: string[] = [];
    const blob = (path: string) =>
      made.request(
        manifest({
          method: "PUT",
          kind: "upload",
          path,
          body: put("h", "/").body,
          contentLength: BIG,
          call: {
            async whileWaiting(wait) {
              order.push(`${path} waits`);
              await wait();
              order.push(`${path} goes on`);
            },
          },
        }),
      );
    const [first, second] = [blob("/1"), blob("/2")];
    const held = await registry.held("/1");
    while (order.length === 0) await new Promise((resolve) => setImmediate(resolve));
    order.push("/1 ends");
    held.end();
    await (await first).body.drop();
    (await registry.held("/2")).end();
    await (await second).body.drop();
    expect(order).toEqual(["/2 waits", "/1 ends", "/2 goes on"]);
  });

  it("takes no slot for a call whose `whileWaiting` does not await the wait", async () => {
    const registry = await holding();
    const made = client(registry.host, { connections: 1, plainHttp: true });
    const blob = (path: string, call: CallOptions = {}) =>
      made.request(
        manifest({ method: "PUT", kind: "upload", path, body: put("h", "/").body, contentLength: BIG, call }),
      );
    const first = blob("/1");
    const held = await registry.held("/1");
    const careless = async (wait: () => Promise<void>): Promise<void> => void wait();
    await expect(blob("/2", { whileWaiting: careless })).rejects.toThrow(TypeError);
    const third = blob("/3");
    held.end();
    await (await first).body.drop();
    (await registry.held("/3")).end();
    await (await third).body.drop();
    expect(registry.arrived).toEqual(["/1", "/3"]);
  });

  it("follows a limit that changes", async () => {
    const registry = await holding();
    let most = 1;
    const made = client(registry.host, {
      connections: 3,
      plainHttp: true,
      budget: new HostBudget({ limits: () => ({ concurrency: most }) }),
    });
    const blob = (path: string) =>
      made.request(manifest({ method: "PUT", kind: "upload", path, body: put("h", "/").body, contentLength: BIG }));
    const sending = ["/1", "/2", "/3"].map(blob);
    const held = await registry.held("/1");
    expect(registry.arrived).toEqual(["/1"]);
    most = 2;
    held.end();
    const [second, third] = [await registry.held("/2"), await registry.held("/3")];
    second.end();
    third.end();
    for (const response of sending) await (await response).body.drop();
  });
});
