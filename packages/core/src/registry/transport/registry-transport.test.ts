import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { BASIC, client, failure, manifest, read, serve } from "../../../../../test/support/transport-setup.ts";
import type { RegistryRequest } from "../../http/request.ts";
import { createRegistryTransport } from "./registry-transport.ts";

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of incoming) text += piece;
  return text;
}

describe("RegistryTransport.request() and redirects", () => {
  it("keeps Range, drops the credentials on another origin, and counts each hop for its host", async () => {
    const seen: IncomingMessage["headers"][] = [];
    const cdn = await serve((incoming, response) => {
      seen.push(incoming.headers);
      response.setHeader("set-cookie", "a=b").writeHead(206).end("bytes");
    });
    const host = await serve((incoming, response) => {
      if (incoming.headers.authorization === undefined) {
        return response.writeHead(401, { "www-authenticate": "Basic" }).end();
      }
      return response.writeHead(307, { location: `http://${cdn}/blob?sig=1`, "set-cookie": "c=d" }).end();
    });
    const records: string[] = [];
    const response = await client(host, { credentials: BASIC }).request(
      manifest({
        kind: "blob",
        headers: { range: "bytes=5-", "accept-encoding": "identity" },
        accept: [206],
        call: { onExchange: (record) => records.push(`${record.kind} ${record.host} ${record.status}`) },
      }),
    );
    await response.body.drop();
    expect(response.url.host).toBe(cdn);
    expect(records).toEqual([`blob ${host} 401`, `blob ${host} 307`, `blob ${cdn} 206`]);
    expect(seen[0]).toMatchObject({ range: "bytes=5-", "accept-encoding": "identity" });
    expect(seen[0]).not.toHaveProperty("authorization");
    expect(seen[0]).not.toHaveProperty("cookie");
  });

  it("refuses a circle, more than ten hops, and a redirect without a Location", async () => {
    const host = await serve((incoming, response) => {
      const n = Number(/\d+$/.exec(incoming.url ?? "")?.[0] ?? -1);
      const location = n >= 0 ? `/hop/${n + 1}` : incoming.url === "/a" ? "/b" : "/a";
      if (incoming.url === "/none") return response.writeHead(307).end();
      return response.writeHead(307, { location }).end();
    });
    const made = client(host);
    expect(await failure(read(made, { path: "/a" }))).toMatchObject({
      code: "REDIRECT_REFUSED",
      message: expect.stringMatching(/circle/),
    });
    expect(await failure(read(made, { path: "/hop/0" }))).toMatchObject({
      message: expect.stringMatching(/more than 10/),
    });
    expect(await failure(read(made, { path: "/none" }))).toMatchObject({ code: "PROTOCOL" });
  });

  it.each(["PUT", "POST", "PATCH"] as const)(
    "follows a 307 of a %s with its body, unless told not to",
    async (method) => {
      const bodies: string[] = [];
      const host = await serve(async (incoming, response) => {
        bodies.push(await textOf(incoming));
        if (incoming.url === "/to") return response.writeHead(201).end();
        return response.writeHead(307, { location: "/to" }).end();
      });
      const put = {
        method,
        path: "/from",
        body: () => Buffer.from("body"),
        contentLength: 4,
        accept: [201],
      } as const;
      const made = client(host);
      expect(await failure(read(made, { ...put, followRedirects: false }))).toMatchObject({ status: 307 });
      await read(made, put);
      expect(bodies).toEqual(["body", "body", "body"]);
    },
  );

  it.each(["PUT", "POST", "PATCH"] as const)(
    "shows no credentials to another origin that a %s is redirected to, and streams its body again",
    async (method) => {
      const seen: unknown[] = [];
      const other = await serve(async (incoming, response) => {
        seen.push([incoming.method, incoming.headers.authorization, await textOf(incoming)]);
        response.writeHead(201).end();
      });
      const host = await serve(async (incoming, response) => {
        seen.push([incoming.method, incoming.headers.authorization !== undefined, await textOf(incoming)]);
        if (incoming.headers.authorization === undefined) {
          return response.writeHead(401, { "www-authenticate": "Basic" }).end();
        }
        return response.writeHead(308, { location: `http://${other}/elsewhere` }).end();
      });
      const text = "streamed ".repeat(20_000);
      const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
        yield Buffer.from(text.slice(0, 70_000));
        yield Buffer.from(text.slice(70_000));
      };
      for (const lane of ["control", "blob"] as const) {
        const made = client(host, { credentials: BASIC, lane });
        await read(made, { method, kind: "upload", path: "/from", body, contentLength: text.length, accept: [201] });
        expect(seen.splice(0).slice(-2)).toEqual([
          [method, true, text],
          [method, undefined, text],
        ]);
      }
    },
  );

  it("shows credentials to no other origin that an upload's location names", async () => {
    let shown: string | undefined = "nothing";
    const other = await serve((incoming, response) => {
      shown = incoming.headers.authorization;
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
    });
    const host = await serve((incoming, response) => {
      if (incoming.headers.authorization !== undefined) return response.end("ok");
      return response.writeHead(401, { "www-authenticate": "Basic" }).end();
    });
    const made = client(host, { credentials: BASIC });
    await read(made);
    await failure(read(made, { path: new URL(`http://${other}/upload`) }));
    expect(shown).toBeUndefined();
  });

  it("can't be sent to another host by a path", async () => {
    const urls: (string | undefined)[] = [];
    const host = await serve((incoming, response) => {
      urls.push(incoming.url);
      response.end();
    });
    await read(client(host), { path: "//other.example/x" });
    expect(urls).toEqual(["//other.example/x"]);
  });
});

describe("RegistryTransport.request() and failures", () => {
  it("tries GET again, PUT only if told so, each try a record", async () => {
    const host = await serve((incoming, response) => {
      incoming.resume();
      response.writeHead(503).end();
    });
    const made = client(host, { retry: { attempts: 3 } });
    const count = async (init: Partial<RegistryRequest>): Promise<number> => {
      let requests = 0;
      await failure(read(made, { ...init, call: { onExchange: () => requests++ } }));
      return requests;
    };
    const put = { method: "PUT", body: () => Buffer.from("x"), contentLength: 1 } as const;
    expect(await count({})).toBe(3);
    expect(await count({ retry: false })).toBe(1);
    expect(await count(put)).toBe(1);
    expect(await count({ ...put, retry: true })).toBe(3);
  });

  it("waits as long as the registry asks, and says when to come back where that is too long", async () => {
    let asked = "7";
    const host = await serve((_, response) => {
      if (asked === "") response.end("ok");
      else response.writeHead(429, { "retry-after": asked }).end();
    });
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      waits.push(ms);
      asked = "";
    };
    const made = client(host, { sleep, retry: { baseDelayMs: 1 } });
    expect(await read(made)).toBe("ok");
    expect(waits).toEqual([7000]);
    asked = "9999";
    expect(await failure(read(made))).toMatchObject({ code: "RATE_LIMITED", status: 429, retryAfterMs: 9_999_000 });
  });

  it("ends waits when it is closed", async () => {
    const host = await serve((_, response) => response.writeHead(503).end());
    const waiting = Promise.withResolvers<void>();
    const made = client(host, {
      sleep: undefined,
      retry: { baseDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      onRetry: () => waiting.resolve(),
    });
    const failed = failure(read(made));
    await waiting.promise;
    await made.close();
    expect(String(await failed)).toMatch(/closed/);
  });

  it("refuses a host that is none", () => {
    for (const host of ["", "a b", "r.example/x", "user@r.example"])
      expect(() => createRegistryTransport({ host })).toThrow(TypeError);
  });
});
