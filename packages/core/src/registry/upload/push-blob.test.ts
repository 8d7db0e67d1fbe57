import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { BIG, blobOf, isCommit, opening, SMALL, steps } from "../../../../../test/support/scripted-blobs.ts";
import { failed, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";

const OTHER = Buffer.concat([BIG, SMALL]);

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

  it("puts the digest in the place of one that the Location has", async () => {
    await using setup = await scriptedSetup(({ method, path }) => {
      if (method !== "POST") return undefined;
      setup.server.uploads.set("upload-9", Buffer.of());
      return { status: 202, headers: { location: `${path.split("?")[0]}upload-9?digest=&state=a%2Fb~c` } };
    });
    await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    expect(setup.server.log[1]).toMatch(/\?digest=sha256%3A[0-9a-f]{64}&state=a%2Fb~c$/);
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

  it("asks once, for a blob that it has sent, what a 202 says, before it sends more than 64 KiB", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    for (const bytes of [SMALL, BIG, OTHER]) expect(await app.push(blobOf(bytes), opening(bytes))).toBe("pushed");
    expect(steps(setup.server)).toEqual([
      ...["POST mount app", "PUT upload"],
      ...["POST mount app", "POST mount app", "PUT upload"],
      ...["POST mount app", "PUT upload"],
    ]);
    expect(setup.server.log.filter((line) => line.includes(sha256(SMALL).slice(7)))).toHaveLength(3);
  });

  it("waits for the small blob that is being sent, and looks for none of the big ones that came with it", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    const others = [1, 2, 3, 4].map((n) => Buffer.concat([BIG, Buffer.from(`${n}`)]));
    await Promise.all([SMALL, ...others].map((bytes) => app.push(blobOf(bytes), opening(bytes))));
    const asked = steps(setup.server);
    expect(asked).not.toContain("HEAD blobs");
    // One a blob, and the question.
    expect(asked.filter((step) => step === "POST mount app")).toHaveLength(6);
  });

  it("cancels what that question has opened where a 202 says nothing, and asks by HEAD from then on", async () => {
    const names = ["one", "two", "three"];
    await using setup = await scriptedSetup(({ method, path }) =>
      method === "POST" && path.includes("mount=")
        ? { status: 202, headers: { location: `${path.split("?")[0]}${names.shift()}` } }
        : undefined,
    );
    const { server, registry } = setup;
    for (const name of names) server.uploads.set(name, Buffer.alloc(0));
    const app = registry.repository("app");
    for (const bytes of [SMALL, BIG, OTHER]) expect(await app.push(blobOf(bytes), opening(bytes))).toBe("pushed");
    expect(steps(server)).toEqual([
      ...["POST mount app", "PUT upload"],
      ...["POST mount app", "POST mount app", "DELETE upload", "HEAD blobs", "PUT upload"],
      ...["HEAD blobs", "POST upload", "PUT upload"],
    ]);
    expect([...server.uploads.keys()]).not.toContain("three");
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

  it.each([500, 200])("asks once for a self-mount that is answered %i, and uploads", async (status) => {
    await using setup = await scriptedSetup(({ path }) => (path.includes("from=") ? { status } : undefined));
    const app = setup.registry.repository("app");
    expect(await app.push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(await app.push(blobOf(BIG), opening(BIG))).toBe("pushed");
    expect(steps(setup.server).filter((step) => step.startsWith("POST mount app"))).toEqual(["POST mount app"]);
    expect(setup.server.blobs.get(`app@${sha256(SMALL)}`)).toEqual(SMALL);
  });

  it.each([307, 308])("sends the blob and its session where they are redirected (%i)", async (status) => {
    await using setup = await scriptedSetup(({ path }) =>
      path.startsWith("/v2/app/blobs/")
        ? { status, headers: { location: path.replace("/app/", "/moved/") } }
        : undefined,
    );
    for (const content of [SMALL, BIG]) {
      expect(await setup.registry.repository("app").push(blobOf(content), opening(content))).toBe("pushed");
      expect(setup.server.blobs.get(`moved@${sha256(content)}`)).toEqual(content);
    }
  });

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
      onExchange: ({ method, kind, status }) => records.push(`${method} ${kind} ${status}`),
    });
    expect(records).toEqual(["POST upload 202", "PUT upload 201"]);
  });
});
