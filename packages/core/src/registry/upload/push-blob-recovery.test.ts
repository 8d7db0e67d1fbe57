import { describe, expect, it } from "vitest";
import { BIG, blobOf, isCommit, opening, SMALL, steps } from "../../../../../test/support/scripted-blobs.ts";
import { failed, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { Open } from "../../store/store.ts";

describe("push() of a blob that fails on the way", () => {
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
    // Another process may have sent it: what is left of the session is cancelled.
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload", "HEAD blobs", "DELETE upload"]);
  });

  it("takes a 404 to a commit for a success when the blob is there", async () => {
    await using setup = await scriptedSetup(async (request) => {
      if (!isCommit(request)) return undefined;
      setup.server.blobs.set(`app@${sha256(SMALL)}`, await request.body());
      return failed(404, "BLOB_UPLOAD_UNKNOWN");
    });
    expect(await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    // Another process may have sent it: what is left of the session is cancelled.
    expect(steps(setup.server)).toEqual(["POST mount app", "PUT upload", "HEAD blobs", "DELETE upload"]);
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
      if (isCommit(request)) return failed(403, "DENIED");
      if (request.method === "GET") {
        stale = false;
        return { status: 204, headers: { location: "/v2/app/blobs/uploads/upload-1?state=fresh" } };
      }
      return request.method === "DELETE" && stale ? failed(416, "RANGE_INVALID") : undefined;
    });
    await expect(setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL))).rejects.toMatchObject({
      code: "DENIED",
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

  it("ends with RATE_LIMITED when the commit is told to come back later than allowed", async () => {
    await using setup = await scriptedSetup((request) =>
      isCommit(request) ? { ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "3600" } } : undefined,
    );
    const pushing = setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    await expect(pushing).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 3_600_000 });
    expect(setup.server.uploads.size).toBe(0);
  });
});
