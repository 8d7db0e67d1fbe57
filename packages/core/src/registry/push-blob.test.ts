import { createHash, randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import {
  failed,
  type ScriptedRegistry,
  type ScriptedRequest,
  sha256,
} from "../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../test/support/scripted-setup.ts";
import type { Descriptor } from "../content/descriptor.ts";
import { OCI_LAYER } from "../content/media-types.ts";
import type { Open } from "../store/store.ts";

const SMALL = Buffer.from("a small blob");
const BIG = randomBytes(200_000);

function blobOf(bytes: Uint8Array): Descriptor {
  return { mediaType: OCI_LAYER, digest: sha256(bytes), size: bytes.length };
}

function opening(bytes: Uint8Array): Open {
  return async (offset) =>
    (async function* () {
      for (let at = offset; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
    })();
}

/** `POST mount`, `HEAD blob`, … instead of whole paths. */
function steps(server: ScriptedRegistry): readonly string[] {
  return server.log.map((line) => {
    const [method = "", path = ""] = line.split(" ");
    if (!path.includes("/uploads/")) return `${method} ${/\/(blobs|manifests|tags)\//.exec(path)?.[1]}`;
    const from = /[?&]from=([^&]+)/.exec(path)?.[1];
    return from === undefined ? `${method} upload` : `${method} mount ${decodeURIComponent(from)}`;
  });
}

function isCommit({ method, path }: ScriptedRequest): boolean {
  return method === "PUT" && path.includes("/uploads/");
}

describe("push() of a blob", () => {
  it("costs two requests for a fresh small blob", async () => {
    await using setup = await scriptedSetup();
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload"]);
    expect(setup.server.blobs.get(`app@${sha256(SMALL)}`)).toEqual(SMALL);
  });

  it("keeps the Location's query as it is and appends the digest", async () => {
    await using setup = await scriptedSetup();
    await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    expect(setup.server.log[1]).toMatch(/\?state=a%2Fb~c&digest=sha256%3A[0-9a-f]{64}$/);
  });

  it("costs one request for a blob that is there, and takes a 202 as absent from then on", async () => {
    await using setup = await scriptedSetup();
    const { server, registry } = setup;
    server.blobs.set(`app@${sha256(SMALL)}`, SMALL);
    expect(await registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("existed");
    expect(await registry.repository("app").push(blobOf(BIG), opening(BIG))).toBe("pushed");
    expect(steps(server)).toEqual(["POST mount app", "POST mount app", "PUT upload"]);
  });

  it("looks before it sends more than 64 KiB to a host that was not seen to answer 201", async () => {
    await using setup = await scriptedSetup();
    expect(await setup.registry.repository("app").push(blobOf(BIG), opening(BIG))).toBe("pushed");
    expect(steps(setup.server)).toEqual(["POST mount app", "HEAD blobs", "PUT upload"]);
  });

  it("cancels the session of a blob that is there, and asks such a host by HEAD first", async () => {
    await using setup = await scriptedSetup(({ method, path }) =>
      method === "POST" ? { status: 202, headers: { location: `${path.split("?")[0]}session` } } : undefined,
    );
    const { server, registry } = setup;
    server.uploads.set("session", Buffer.alloc(0));
    server.blobs.set(`app@${sha256(BIG)}`, BIG);
    expect(await registry.repository("app").push(blobOf(BIG), opening(BIG))).toBe("existed");
    expect(await registry.repository("app").push(blobOf(BIG), opening(BIG))).toBe("existed");
    server.uploads.set("session", Buffer.alloc(0));
    expect(await registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(server)).toEqual([
      ...["POST mount app", "HEAD blobs", "DELETE upload"],
      "HEAD blobs",
      ...["HEAD blobs", "POST upload", "PUT upload"],
    ]);
  });

  it("mounts from a repository that holds it", async () => {
    await using setup = await scriptedSetup();
    setup.server.blobs.set(`base/os@${sha256(BIG)}`, BIG);
    const outcome = await setup.registry.repository("app").push(blobOf(BIG), opening(BIG), { mountFrom: ["base/os"] });
    expect(outcome).toBe("mounted");
    expect(steps(setup.server)).toEqual(["POST mount base/os"]);
  });

  it.each([400, 401, 403, 404])(
    "falls back to a plain POST when a mount is answered %i, and remembers the pair",
    async (status) => {
      await using setup = await scriptedSetup(({ path }) =>
        path.includes("from=") ? failed(status, "DENIED") : undefined,
      );
      const { server, registry } = setup;
      const app = registry.repository("app");
      expect(await app.push(blobOf(SMALL), opening(SMALL), { mountFrom: ["secret"] })).toBe("pushed");
      expect(await app.push(blobOf(BIG), opening(BIG), { mountFrom: ["secret"] })).toBe("pushed");
      expect(steps(server)).toEqual([
        ...["POST mount secret", "POST upload", "PUT upload"],
        // The self-mount is refused too; nothing is known of the blob then.
        ...["POST mount app", "POST upload", "HEAD blobs", "PUT upload"],
      ]);
    },
  );

  it("does not take 429 for a refusal of the mount", async () => {
    let refusals = 0;
    await using setup = await scriptedSetup(({ method }) => {
      if (method !== "POST" || refusals > 0) return undefined;
      refusals += 1;
      return { ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "0" } };
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL), { mountFrom: ["other"] })).toBe(
      "pushed",
    );
    expect(steps(setup.server)).toEqual(["POST mount other", "POST mount other", "PUT upload"]);
  });

  it("pushes with a credential that may not pull", async () => {
    await using setup = await scriptedSetup(({ method }) => (method === "HEAD" ? { status: 403 } : undefined));
    expect(await setup.registry.repository("app").push(blobOf(BIG), opening(BIG))).toBe("pushed");
  });

  it("stores a blob of no bytes and one with a sha512 digest", async () => {
    await using setup = await scriptedSetup();
    const empty = Buffer.alloc(0);
    expect(await setup.registry.repository("app").push(blobOf(empty), opening(empty))).toBe("pushed");
    const digest = `sha512:${createHash("sha512").update(SMALL).digest("hex")}` as const;
    expect(await setup.registry.repository("app").push({ ...blobOf(SMALL), digest }, opening(SMALL))).toBe("pushed");
    expect([...setup.server.blobs.keys()]).toEqual([`app@${sha256(empty)}`, `app@${digest}`]);
  });

  it.each([
    ["DIGEST_MISMATCH", Buffer.concat([BIG.subarray(0, -1), Buffer.from([(BIG.at(-1) ?? 0) ^ 1])])],
    ["SIZE_MISMATCH", BIG.subarray(0, -1)],
    ["SIZE_MISMATCH", Buffer.concat([BIG, Buffer.from([0])])],
  ])(
    "ends in %s for wrong bytes, even where the registry checks nothing, and cancels the session",
    async (code, wrong) => {
      const arrived: number[] = [];
      await using setup = await scriptedSetup(async (request) => {
        if (!isCommit(request)) return undefined;
        arrived.push((await request.body()).length);
        return { status: 201 };
      });
      const pushing = setup.registry.repository("app").push(blobOf(BIG), opening(wrong));
      await expect(pushing).rejects.toMatchObject({ code });
      expect(arrived).toEqual([]);
      expect(steps(setup.server).at(-1)).toBe("DELETE upload");
      expect(setup.server.uploads.size).toBe(0);
    },
  );

  it("throws what the source throws, and cancels the session", async () => {
    await using setup = await scriptedSetup();
    const error = new Error("the source is gone");
    const pushing = setup.registry.repository("app").push(blobOf(BIG), () => Promise.reject(error));
    await expect(pushing).rejects.toBe(error);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("looks for the blob after a commit whose answer was lost, and sends nothing again", async () => {
    await using setup = await scriptedSetup(async (request) => {
      if (!isCommit(request)) return undefined;
      setup.server.blobs.set(`app@${sha256(SMALL)}`, await request.body());
      await request.breakAfter(0);
      return "dropped";
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload", "HEAD blobs"]);
  });

  it("takes a 404 to a commit for a success when the blob is there", async () => {
    await using setup = await scriptedSetup(async (request) => {
      if (!isCommit(request)) return undefined;
      setup.server.blobs.set(`app@${sha256(SMALL)}`, await request.body());
      return failed(404, "BLOB_UPLOAD_UNKNOWN");
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload", "HEAD blobs"]);
  });

  it("sends the whole blob anew in a fresh session after a broken one, which it cancels", async () => {
    let breaks = 0;
    await using setup = await scriptedSetup(async (request) => {
      if (breaks > 0) return undefined;
      if (request.method === "POST") {
        setup.server.uploads.set("first", Buffer.alloc(0));
        // On a new connection the PUT is not taken for one that met a connection closed while idle.
        return { status: 202, headers: { location: "/v2/app/blobs/uploads/first", connection: "close" } };
      }
      breaks += 1;
      await request.breakAfter(1);
      return "dropped";
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(setup.server)).toEqual([
      ...["POST mount app", "PUT upload", "HEAD blobs", "DELETE upload"],
      ...["POST upload", "PUT upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("takes a fresh session where the old one has bytes already (416)", async () => {
    let refusals = 0;
    await using setup = await scriptedSetup((request) => {
      if (!isCommit(request) || refusals > 0) return undefined;
      refusals += 1;
      return failed(416, "RANGE_INVALID");
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(steps(setup.server).slice(1)).toEqual([
      ...["PUT upload", "HEAD blobs", "DELETE upload"],
      ...["POST upload", "PUT upload"],
    ]);
  });

  it("gives up after as many tries as it was told, and cancels the last session too", async () => {
    await using setup = await scriptedSetup((request) => (isCommit(request) ? failed(503, "UNAVAILABLE") : undefined), {
      retry: { attempts: 3, baseDelayMs: 1 },
    });
    const pushing = setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    await expect(pushing).rejects.toMatchObject({
      status: 503,
      message: expect.stringMatching(/^Cannot push blob "sha256:.*" to "127.0.0.1:\d+\/app": unavailable \(503\)$/),
    });
    expect(steps(setup.server).filter((step) => step === "PUT upload")).toHaveLength(3);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("does not send again what is refused for good", async () => {
    await using setup = await scriptedSetup((request) => (isCommit(request) ? failed(413, "SIZE_INVALID") : undefined));
    const pushing = setup.registry.repository("app").push(blobOf(BIG), opening(BIG));
    await expect(pushing).rejects.toMatchObject({ code: "SIZE_INVALID", status: 413 });
    expect(steps(setup.server)).toEqual(["POST mount app", "HEAD blobs", "PUT upload", "DELETE upload"]);
  });

  it("turns to PATCH and PUT where a PUT with a body is answered 404, and stays with it", async () => {
    const patched = new Set<string>();
    await using setup = await scriptedSetup((request) => {
      const session = /upload-\d+/.exec(request.path)?.[0] ?? "";
      if (request.method === "PATCH") patched.add(session);
      return isCommit(request) && !patched.has(session) ? failed(404, "BLOB_UPLOAD_UNKNOWN") : undefined;
    });
    const app = setup.registry.repository("app");
    expect(await app.push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    const other = Buffer.from("another");
    expect(await app.push(blobOf(other), opening(other))).toBe("pushed");
    expect(steps(setup.server)).toEqual([
      ...["POST mount app", "PUT upload", "HEAD blobs", "DELETE upload"],
      ...["POST upload", "PATCH upload", "PUT upload"],
      ...["POST mount app", "PATCH upload", "PUT upload"],
    ]);
    expect(setup.server.blobs.get(`app@${sha256(other)}`)).toEqual(other);
  });

  it("asks for the newest Location when a cancel is answered 416", async () => {
    let stale = true;
    await using setup = await scriptedSetup((request) => {
      if (isCommit(request)) return failed(400, "DIGEST_INVALID");
      if (request.method === "GET") {
        stale = false;
        return { status: 204, headers: { location: "/v2/app/blobs/uploads/upload-1?state=fresh" } };
      }
      return request.method === "DELETE" && stale ? failed(416, "RANGE_INVALID") : undefined;
    });
    await expect(setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(setup.server.log.slice(2)).toEqual([
      expect.stringMatching(/^DELETE .*state=a%2Fb~c$/),
      expect.stringMatching(/^GET /),
      "DELETE /v2/app/blobs/uploads/upload-1?state=fresh",
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("cancels the session when it is aborted while the body is sent, and rejects with the reason", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await scriptedSetup();
    const open: Open = async (_offset, signal) =>
      (async function* () {
        yield BIG.subarray(0, 100_000);
        abort.abort(reason);
        signal?.throwIfAborted();
      })();
    const pushing = setup.registry.repository("app").push(blobOf(BIG), open, { signal: abort.signal });
    await expect(pushing).rejects.toBe(reason);
    expect(steps(setup.server).at(-1)).toBe("DELETE upload");
    expect(setup.server.uploads.size).toBe(0);
  });

  it("cancels the session whose POST was under way when it was aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    await using setup = await scriptedSetup(({ method }) => {
      if (method === "POST") abort.abort(reason);
      return undefined;
    });
    const pushing = setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL), { signal: abort.signal });
    await expect(pushing).rejects.toBe(reason);
    expect(steps(setup.server)).toEqual(["POST mount app", "DELETE upload"]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("refuses an answer without a Location", async () => {
    await using setup = await scriptedSetup(({ method }) => (method === "POST" ? { status: 202 } : undefined));
    const pushing = setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    await expect(pushing).rejects.toMatchObject({ code: "PROTOCOL", message: expect.stringContaining("no Location") });
  });

  it("asks for one token for both repositories of a mount, and for the target's alone after a refusal", async () => {
    const scopes: (readonly string[])[] = [];
    await using setup = await scriptedSetup(({ path, headers }) => {
      const url = new URL(path, "http://registry");
      if (url.pathname === "/token") {
        const asked = url.searchParams.getAll("scope").flatMap((scope) => scope.split(" "));
        scopes.push(asked.toSorted());
        if (asked.some((scope) => scope.includes(":secret:"))) return failed(403, "DENIED");
        return { status: 200, body: JSON.stringify({ token: "t", expires_in: 300 }) };
      }
      if (headers.authorization === "Bearer t") return undefined;
      const challenge = `Bearer realm="http://${setup.server.host}/token",service="registry"`;
      return { status: 401, headers: { "www-authenticate": challenge } };
    });
    const app = setup.registry.repository("app");
    setup.server.blobs.set(`base@${sha256(BIG)}`, BIG);
    expect(await app.push(blobOf(SMALL), opening(SMALL), { mountFrom: ["secret"] })).toBe("pushed");
    expect(await app.push(blobOf(BIG), opening(BIG), { mountFrom: ["base"] })).toBe("mounted");
    expect(scopes).toEqual([
      ["repository:app:pull,push", "repository:secret:pull"],
      ["repository:app:pull,push"],
      ["repository:app:pull,push", "repository:base:pull"],
    ]);
  });

  it("ends with RATE_LIMITED when the commit is told to come back later than allowed", async () => {
    await using setup = await scriptedSetup((request) =>
      isCommit(request) ? { ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "3600" } } : undefined,
    );
    const pushing = setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    await expect(pushing).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 3_600_000 });
    expect(setup.server.uploads.size).toBe(0);
  });

  it("leaves no listener on a signal that lives on", async () => {
    const { signal } = new AbortController();
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    await app.push(blobOf(SMALL), opening(SMALL), { signal });
    await app.push(blobOf(BIG), opening(BIG), { signal });
    await expect(app.push(blobOf(SMALL), opening(BIG), { signal })).resolves.toBe("existed");
    await Array.fromAsync(await app.fetch(blobOf(BIG), { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("reports each request that it makes", async () => {
    await using setup = await scriptedSetup();
    const records: string[] = [];
    await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL), {
      onRequest: ({ method, kind, status }) => records.push(`${method} ${kind} ${status}`),
    });
    expect(records).toEqual(["POST upload 202", "PUT upload 201"]);
  });
});
