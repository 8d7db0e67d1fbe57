import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { send } from "./client.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";
import { someBytes } from "./sample-content.ts";

const PAGE = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
const LINK = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

/** Sends bytes as they are, and reads until the server closes the connection. */
async function exchange(folder: FolderServer, text: string): Promise<string> {
  const socket = connect(folder.server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(Buffer.from(piece)));
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(pieces).toString("latin1");
}

/** The status of each response on the wire. */
function statuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

const get = (lines: readonly string[], target = "/v2/_catalog") =>
  [`GET ${target} HTTP/1.1`, "connection: close", ...lines, "", ""].join("\r\n");

describe("serve() checks the Host header", () => {
  it.each([
    ["localhost", 200],
    ["LOCALHOST:1234", 200],
    ["localhost.", 200],
    ["127.0.0.1", 200],
    ["127.9.9.9:80", 200],
    ["[::1]", 200],
    ["[0:0:0:0:0:0:0:1]:5000", 200],
    ["[::ffff:127.0.0.1]", 200],
    ["registry.example", 200],
    ["Registry.Example.:443", 200],
    ["10.0.0.7:5000", 200],
    ["evil.test", 403],
    ["evil.test:5000", 403],
    ["127.0.0.1.evil.test", 403],
    ["localhost.evil.test", 403],
    ["evil.localhost", 403],
    ["10.0.0.8", 403],
    ["0.0.0.0", 403],
    ["[::2]", 403],
    ["127.1", 403],
    ["2130706433", 403],
    ["0x7f.0.0.1", 403],
    ["user@127.0.0.1", 400],
    ["127.0.0.1@evil.test", 400],
    ["[::1%25lo]", 400],
    ["[::1%lo]", 400],
    ["::1", 400],
    ["127.0.0.1:99999", 400],
    ["127.0.0.1:", 400],
    ["127.0.0.1, evil.test", 400],
    ["127.0.0.1/evil", 400],
    ["", 400],
  ])("%j is answered %i", async (host, status) => {
    await using folder = await serveFolder({ allowedHosts: ["registry.example", "10.0.0.7"] });
    expect(statuses(await exchange(folder, get([`host: ${host}`])))).toEqual([status]);
  });

  it.each([
    ["no Host", get([]), 400],
    ["no Host, HTTP/1.0", "GET /v2/ HTTP/1.0\r\n\r\n", 400],
    ["two", get(["host: 127.0.0.1", "host: evil.test"]), 400],
    ["two that are equal", get(["host: 127.0.0.1", "host: 127.0.0.1"]), 400],
    ["a target with the same authority", get(["host: 127.0.0.1"], "http://127.0.0.1/v2/_catalog"), 200],
    ["a target with another authority", get(["host: 127.0.0.1"], "http://evil.test/v2/_catalog"), 400],
    ["a target and a Host that are foreign", get(["host: evil.test"], "http://evil.test/v2/_catalog"), 403],
    ["a target with user information", get(["host: 127.0.0.1"], "http://127.0.0.1@evil.test/v2/_catalog"), 400],
  ])("%s", async (_, text, status) => {
    await using folder = await serveFolder();
    expect(statuses(await exchange(folder, text))).toEqual([status]);
  });

  it("takes any address, and no name, where it listens at all addresses", async () => {
    for (const host of ["0.0.0.0", "::"]) {
      await using folder = await serveFolder({ host, writable: false });
      for (const [named, status] of [
        ["10.1.2.3:5000", 200],
        ["[fd00::7]", 200],
        ["0.0.0.0:5000", 200],
        ["evil.test", 403],
      ] as const) {
        expect([host, named, statuses(await exchange(folder, get([`host: ${named}`])))]).toEqual([
          host,
          named,
          [status],
        ]);
      }
    }
  });

  it("refuses an allowed host that is not one", async () => {
    for (const allowedHosts of [["a/b"], ["http://a"], ["a:5000"], ["*"], [""]]) {
      await expect(serveFolder({ allowedHosts })).rejects.toThrow(/invalid host/);
    }
  });
});

describe("serve() refuses what a page of another origin sends", () => {
  it.each([
    ["POST", { origin: "http://evil.test" }, 403],
    ["POST", { origin: "null" }, 403],
    ["POST", { origin: "" }, 403],
    ["POST", { origin: "http://localhost:1" }, 403],
    ["POST", { origin: "http://OWN.evil.test" }, 403],
    ["POST", { origin: "http://evil@OWN" }, 403],
    ["POST", { origin: "http://OWN, http://evil.test" }, 403],
    ["POST", { origin: "file://OWN" }, 403],
    ["POST", { "sec-fetch-site": "cross-site" }, 403],
    ["POST", { "sec-fetch-site": "same-site" }, 403],
    ["POST", LINK, 403],
    ["OPTIONS", { origin: "http://evil.test", "access-control-request-method": "PUT" }, 403],
    ["GET", { origin: "http://evil.test" }, 403],
    ["GET", { origin: "null" }, 403],
    ["GET", PAGE, 403],
    ["GET", { ...LINK, "sec-fetch-dest": "iframe" }, 403],
    ["HEAD", PAGE, 403],
    ["GET", LINK, 405],
    ["POST", { origin: "http://OWN" }, 202],
    ["POST", { origin: "http://OWN", "sec-fetch-site": "same-origin" }, 202],
    ["POST", { "sec-fetch-site": "none" }, 202],
    ["POST", {}, 202],
  ])("%s with %j is answered %i", async (method, headers, status) => {
    await using folder = await serveFolder();
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace("OWN", folder.server.address)]);
    const reply = await send(`${folder.url}/v2/a/blobs/uploads/`, { method, headers: Object.fromEntries(own) });
    expect([reply.status, reply.headers["access-control-allow-origin"]]).toEqual([status, undefined]);
    expect(await readdir(folder.dir)).toEqual(status === 202 ? [".tranship"] : []);
  });

  it("does not store the body of a refused request", async () => {
    await using folder = await serveFolder();
    const { bytes, digest } = someBytes(100);
    const headers = { origin: "http://evil.test", "content-type": "text/plain" };
    const reply = await send(`${folder.url}/v2/a/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      headers,
      body: bytes,
    });
    expect([reply.status, await readdir(folder.dir)]).toEqual([403, []]);
  });
});

describe("serve() sends every response with the headers for browsers", () => {
  it.each([
    ["a response", get(["host: 127.0.0.1"]), 200],
    ["a refusal", get(["host: 127.0.0.1"], "/v2/a/manifests/v1"), 404],
    ["a foreign host", get(["host: evil.test"]), 403],
    ["a method that is not allowed", "DELETE /v2/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", 405],
    ["no request", "nonsense\r\n\r\n", 400],
    ["a method that does not exist", "BREW /v2/ HTTP/1.1\r\nhost: localhost\r\n\r\n", 400],
    ["a head that is too long", get(["host: localhost", `x: ${"a".repeat(20_000)}`]), 431],
    ["an unknown expectation", get(["host: localhost", "expect: more"]), 417],
    ["two lengths", get(["host: localhost", "content-length: 1", "content-length: 2"]), 400],
    ["a length beside chunks", get(["host: localhost", "content-length: 1", "transfer-encoding: chunked"]), 400],
  ])("%s", async (_, text, status) => {
    await using folder = await serveFolder();
    const reply = await exchange(folder, text);
    expect(statuses(reply)).toEqual([status]);
    expect(reply.toLowerCase()).toContain("\r\nx-content-type-options: nosniff\r\n");
    expect(reply.toLowerCase()).toContain("\r\ncross-origin-resource-policy: same-origin\r\n");
    expect(reply.toLowerCase()).toContain("sandbox");
  });
});

describe("serve() answers the requests of one connection one after another", () => {
  it("in their order, without beginning the next one before", async () => {
    let [running, most] = [0, 0];
    await using folder = await serveFolder({
      hook: async (_, next) => {
        most = Math.max(most, ++running);
        const answer = await next();
        running -= 1;
        return answer;
      },
    });
    const one = "GET /v2/ HTTP/1.1\r\nhost: localhost\r\n\r\n";
    expect(statuses(await exchange(folder, one.repeat(20) + get(["host: localhost"])))).toEqual(Array(21).fill(200));
    expect(most).toBe(1);
  });

  it("and cuts a connection on which too many wait", async () => {
    const held = Promise.withResolvers<void>();
    await using folder = await serveFolder({
      hook: async (request, next) => {
        request.signal.addEventListener("abort", () => held.resolve());
        await held.promise;
        return next();
      },
    });
    expect(await exchange(folder, "GET /v2/ HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100))).toBe("");
    await held.promise;
  });
});

describe("serve() writable beyond this machine", () => {
  it.each(["0.0.0.0", "::", ""])("at %j needs anonymousWrite", async (host) => {
    await expect(serveFolder({ host })).rejects.toThrow(/--anonymous-write/);
    await using folder = await serveFolder({ host, anonymousWrite: true });
    expect((await send(`http://127.0.0.1:${folder.server.port}/v2/a/blobs/uploads/`, { method: "POST" })).status).toBe(
      202,
    );
  });

  it.each(["127.0.0.1", "localhost", "127.0.0.9"])("at %j does not", async (host) => {
    await using folder = await serveFolder({ host });
    expect((await send(`${folder.url}/v2/a/blobs/uploads/`, { method: "POST" })).status).toBe(202);
  });
});
