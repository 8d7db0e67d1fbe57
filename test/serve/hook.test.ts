import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import type { Answer, Hook, ServedRequest } from "../../packages/cli-worker/src/serve/exchange.ts";
import { firstBytes, inPieces, mapped, resetAfter } from "../support/altered-bodies.ts";
import { pushBlob, send, sendPart, startUpload, withDigest } from "./client.ts";
import { serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

/** Each is a fault of a real registry, made by the hook alone. */
describe("hook", () => {
  it("sees what each request is for, in order", async () => {
    const seen: string[] = [];
    await using folder = await serveFolder({
      hook: (request, next) => {
        seen.push(`${request.method} ${request.route.kind}`);
        return next();
      },
    });
    await pushEmptyBlob(folder.url, "a");
    await putManifest(folder.url, "a", "v1", artifact().bytes);
    await send(`${folder.url}/v2/a/tags/list`);
    expect(seen).toEqual(["POST uploads", "PUT manifest", "GET tags"]);
  });

  it("delays a request until it is let go", async () => {
    const [arrived, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using folder = await serveFolder({
      hook: async (request, next) => {
        if (request.route.kind === "blob") {
          arrived.resolve();
          await letGo.promise;
        }
        return next();
      },
    });
    const { bytes, digest } = someBytes(10);
    const head = send(`${folder.url}/v2/a/blobs/${digest}`, { method: "HEAD" });
    await arrived.promise;
    await pushBlob(folder.url, "a", digest, bytes);
    letGo.resolve();
    expect((await head).status).toBe(200);
  });

  it("changes status and headers: 201 to a PATCH, a Range that sticks, a minimal chunk, a Link that leads back", async () => {
    const hook: Hook = async (request, next) => {
      const answer = await next();
      if (request.method === "PATCH") return { ...answer, status: 201, headers: { ...answer.headers, range: "0-4" } };
      if (request.route.kind === "uploads") return withHeader(answer, "oci-chunk-min-length", "5242880");
      if (request.route.kind === "tags") return withHeader(answer, "link", `<${request.path}>; rel="next"`);
      return answer;
    };
    await using folder = await serveFolder({ hook });
    const start = await send(`${folder.url}/v2/a/blobs/uploads/`, { method: "POST" });
    expect(start.headers["oci-chunk-min-length"]).toBe("5242880");
    const upload = new URL(start.headers.location ?? "", folder.url);
    for (const body of ["12345", "67890"]) {
      const reply = await send(upload, { method: "PATCH", body });
      expect([reply.status, reply.headers["range"]]).toEqual([201, "0-4"]);
    }
    expect((await send(upload)).headers["range"]).toBe("0-9");
    await pushEmptyBlob(folder.url, "a");
    expect((await send(`${folder.url}/v2/a/tags/list`)).headers["link"]).toBe('</v2/a/tags/list>; rel="next"');
  });

  it("answers instead: 413 above a size, 401 to a mount, 429, HTML with 200, 416", async () => {
    const hook: Hook = async (request, next) => {
      if (Number(request.headers["content-length"] ?? 0) > 1000) return { status: 413 };
      if (request.query.has("mount")) return { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } };
      if (request.route.kind === "tags") return { status: 429, headers: { "retry-after": "7" } };
      if (request.route.kind === "catalog") {
        return { status: 200, headers: { "content-type": "text/html" }, body: "<html>" };
      }
      if (request.method === "PATCH") return { status: 416 };
      return next();
    };
    await using folder = await serveFolder({ hook });
    const { bytes, digest } = someBytes(8 * 1024 * 1024);
    expect((await pushBlob(folder.url, "a", digest, bytes)).status).toBe(413);
    const mount = await send(`${folder.url}/v2/a/blobs/uploads/?mount=${digest}`, { method: "POST" });
    expect([mount.status, mount.headers["www-authenticate"]]).toEqual([401, 'Basic realm="x"']);
    expect((await send(`${folder.url}/v2/a/tags/list`)).headers["retry-after"]).toBe("7");
    expect((await send(`${folder.url}/v2/_catalog`)).body.toString()).toBe("<html>");
    expect((await send(await startUpload(folder.url, "a"), { method: "PATCH", body: "x" })).status).toBe(416);
  });

  it("changes what the engine reads: a Range that is not seen is answered 200", async () => {
    await using folder = await serveFolder({
      hook: (request, next) => next({ ...request, headers: { ...request.headers, range: undefined } }),
    });
    const { bytes, digest } = someBytes(100);
    await pushBlob(folder.url, "a", digest, bytes);
    const reply = await send(`${folder.url}/v2/a/blobs/${digest}`, { headers: { range: "bytes=10-19" } });
    expect([reply.status, reply.body.length]).toEqual([200, 100]);
  });

  it("hides a blob from the first manifest that needs it", async () => {
    let refusals = 1;
    await using folder = await serveFolder({
      hook: async (request, next) => {
        if (request.route.kind !== "manifest" || refusals-- <= 0) return next();
        return { status: 400, body: JSON.stringify({ errors: [{ code: "MANIFEST_BLOB_UNKNOWN", message: "late" }] }) };
      },
    });
    await pushEmptyBlob(folder.url, "a");
    expect((await putManifest(folder.url, "a", "v1", artifact().bytes)).status).toBe(400);
    expect((await putManifest(folder.url, "a", "v1", artifact().bytes)).status).toBe(201);
  });

  it("resets the connection at a byte of the request; the engine keeps what came before", async () => {
    const hook: Hook = (request, next) =>
      request.method === "PATCH" ? next({ ...request, body: resetAfter(request.body, 70_000, request) }) : next();
    await using folder = await serveFolder({ hook });
    const upload = await startUpload(folder.url, "a");
    await expect(send(upload, { method: "PATCH", body: someBytes(1_000_000).bytes })).rejects.toThrow();
    // The server may still be writing what came before the reset.
    await expect.poll(async () => (await send(upload)).headers["range"], { timeout: 60_000 }).toBe("0-69999");
  });

  it("cuts, truncates, corrupts and drips the body of an answer", async () => {
    const { bytes, digest } = someBytes(300_000);
    const bodies: Record<
      string,
      (body: AsyncIterable<Uint8Array>, request: ServedRequest) => AsyncIterable<Uint8Array>
    > = {
      reset: (body, request) => resetAfter(body, 1000, request),
      short: (body) => firstBytes(body, 1000),
      corrupt: (body) => mapped(body, (piece) => piece.map((byte) => byte ^ 1)),
      drip: (body) => inPieces(body, 1000),
    };
    await using folder = await serveFolder({
      hook: async (request, next) => {
        const answer = await next();
        const change = bodies[request.query.get("as") ?? ""];
        const { body } = answer;
        if (change === undefined || body === undefined || typeof body === "string" || body instanceof Uint8Array) {
          return answer;
        }
        return { ...answer, body: change(body, request) };
      },
    });
    await pushBlob(folder.url, "a", digest, bytes);
    // Kept alive, so that it is the server that ends a short one.
    const headers = { connection: "keep-alive" };
    const get = (as: string) => send(`${folder.url}/v2/a/blobs/${digest}?as=${as}`, { headers });
    await expect(get("reset")).rejects.toThrow();
    await expect(get("short")).rejects.toThrow();
    const corrupt = await get("corrupt");
    expect([corrupt.body.length, corrupt.body.equals(bytes)]).toEqual([bytes.length, false]);
    expect((await get("drip")).body.equals(bytes)).toBe(true);
  });

  it("loses the answer to a commit that was done", async () => {
    const hook: Hook = async (request, next) => {
      const answer = await next();
      if (request.method === "PUT") request.reset();
      return answer;
    };
    await using folder = await serveFolder({ hook });
    const { bytes, digest } = someBytes(100);
    const upload = await startUpload(folder.url, "a");
    await expect(send(withDigest(upload, digest), { method: "PUT", body: bytes })).rejects.toThrow();
    expect((await send(`${folder.url}/v2/a/blobs/${digest}`, { method: "HEAD" })).status).toBe(200);
    expect((await send(upload)).status).toBe(404);
  });

  it("answers before the body came, and without `100 Continue` where it was asked for", async () => {
    await using folder = await serveFolder({
      hook: async (request, next) => (request.route.kind === "upload" ? { status: 403 } : next()),
    });
    const upload = await startUpload(folder.url, "a");
    const socket = await sendPart(upload, { method: "PATCH", announced: 10_000_000, bytes: Buffer.alloc(10) });
    const [head] = await once(socket, "data");
    expect(String(head)).toMatch(/^HTTP\/1.1 403 /);
    socket.destroy();
    const headers = { expect: "100-continue" };
    const expecting = await sendPart(upload, { method: "PATCH", announced: 5, bytes: Buffer.alloc(0), headers });
    const [answer] = await once(expecting, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 403 /);
    await once(expecting, "end");
    expecting.destroy();
  });

  it("a connection is used again after a body that nobody wanted, and cut where that does not end", async () => {
    await using folder = await serveFolder({
      hook: async (request, next) => {
        if (request.method !== "PUT") return next();
        for await (const _ of request.body) break;
        return { status: 413 };
      },
    });
    const url = new URL(`${folder.url}/v2/a/manifests/v1`);
    const socket = await sendPart(url, { method: "PUT", announced: 3_000_000, bytes: Buffer.alloc(1_000_000) });
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 413 /);
    socket.write(Buffer.alloc(2_000_000));
    socket.write("GET /v2/ HTTP/1.1\r\nhost: localhost\r\n\r\n");
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();

    const endless = await sendPart(url, { method: "PUT", announced: 1e12, bytes: Buffer.alloc(10) });
    const cut = once(endless, "error");
    using _more = setInterval(() => endless.write(Buffer.alloc(1_000_000)), 1);
    expect(await cut).toMatchObject([{ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) }]);
  });

  it("`100 Continue` is sent when the engine wants the body", async () => {
    await using folder = await serveFolder();
    const upload = await startUpload(folder.url, "a");
    const expecting = httpRequest(upload, {
      method: "PATCH",
      headers: { expect: "100-continue", "content-length": 5 },
    });
    expecting.flushHeaders();
    await once(expecting, "continue");
    expecting.end("12345");
    const [reply] = await once(expecting, "response");
    expect([reply.statusCode, reply.headers["range"]]).toEqual([202, "0-4"]);
    reply.resume();
  });

  it("that throws cuts the connection; the next request is served", async () => {
    let faults = 1;
    await using folder = await serveFolder({
      hook: (_, next) => (faults-- > 0 ? Promise.reject(new Error("scripted")) : next()),
    });
    await expect(send(`${folder.url}/v2/`)).rejects.toThrow();
    expect((await send(`${folder.url}/v2/`)).status).toBe(200);
  });

  it("that waits is told when the client leaves", async () => {
    const [waiting, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using folder = await serveFolder({
      hook: async (request) => {
        request.signal.addEventListener("abort", () => left.resolve());
        waiting.resolve();
        await left.promise;
        return { status: 200 };
      },
    });
    const leaving = httpRequest(`${folder.url}/v2/`).on("error", () => undefined);
    leaving.end();
    await waiting.promise;
    leaving.destroy();
    await left.promise;
  });
});

function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}
