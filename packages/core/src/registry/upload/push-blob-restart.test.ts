import { describe, expect, it, vi } from "vitest";
import { blobOf, isCommit, opening, steps } from "../../../../../test/support/scripted-blobs.ts";
import { failed, type Script, type ScriptedAnswer, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { accessFingerprint } from "../../auth/access.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { FactValue } from "../../journal/profile-journal.ts";
import type { OpenUpload, UploadSummary } from "../../journal/upload-journal.ts";
import type { Open } from "../../store/store.ts";
import { Registry } from "../registry.ts";
import { PROBE_DIGEST } from "./recovery/cancel-abandoned.ts";

const MIB = 1024 * 1024;
/** What an earlier process sent is more than is hashed again where the registry checks. */
const BLOB = Buffer.alloc(16 * MIB, "a blob of two processes ");
const SENT = 10 * MIB;
const CHUNK = 4 * MIB;
const ANONYMOUS = accessFingerprint(undefined);
const UPLOADS = { chunkSize: CHUNK, probeFrom: 1024 * MIB, graceMs: 60_000 };

interface RestartSetup extends ScriptedSetup {
  readonly journal: MemoryJournal;
  /** A part of the blob is at the registry, from a process that has ended. */
  left(upload?: Partial<OpenUpload>): Promise<void>;
  /** What is remembered of uploads. */
  open(): Promise<readonly UploadSummary[]>;
}

/** A registry of which something is known, and a client that remembers. */
async function restartSetup(script?: Script, facts: Readonly<Record<string, FactValue>> = {}): Promise<RestartSetup> {
  const journal = new MemoryJournal();
  const setup = await scriptedSetup(script, { journal: journal.peer(), uploads: UPLOADS });
  const { host } = setup.server;
  for (const [name, value] of Object.entries({ resume: "any-byte", checksDigest: true, ...facts })) {
    await journal.profiles.set(host, name, value);
  }
  return {
    ...setup,
    journal,
    async left(upload) {
      setup.server.uploads.set("upload-1", BLOB.subarray(0, SENT));
      const location = `http://${host}/v2/app/blobs/uploads/upload-1?state=old`;
      const key = { host, access: ANONYMOUS, repository: "app", digest: sha256(BLOB) };
      await journal.uploads.opened(key, { size: BLOB.length, location, confirmed: 0, ...upload });
      await journal.close();
    },
    open: () => Array.fromAsync(journal.uploads.list()),
  };
}

function counting(): { readonly open: Open; readonly offsets: number[] } {
  const offsets: number[] = [];
  return {
    offsets,
    open: (offset, signal) => {
      offsets.push(offset);
      return opening(BLOB)(offset, signal);
    },
  };
}

function expectSent({ server }: ScriptedSetup): void {
  expect(sha256(server.blobs.get(`app@${sha256(BLOB)}`) ?? Buffer.alloc(0))).toBe(sha256(BLOB));
}

/** A registry of which nothing is known, and that makes a blob of whatever was sent. */
async function unchecked(script: Script): Promise<RestartSetup> {
  const setup = await restartSetup(async (request) => {
    const answer = await script(request);
    if (answer !== undefined || !isCommit(request)) return answer;
    const { pathname, searchParams } = new URL(request.path, "http://registry");
    const id = pathname.slice(pathname.lastIndexOf("/") + 1);
    const sent = setup.server.uploads.get(id) ?? Buffer.alloc(0);
    setup.server.uploads.delete(id);
    setup.server.blobs.set(`app@${searchParams.get("digest")}`, Buffer.concat([sent, await request.body()]));
    return { status: 201 };
  });
  await setup.journal.profiles.forget(setup.server.host, "checksDigest");
  return setup;
}

describe("push() of a blob that an earlier process began", () => {
  it("goes on at the byte that the registry has", async () => {
    await using setup = await restartSetup();
    await setup.left();
    const { open, offsets } = counting();
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expectSent(setup);
    expect(steps(setup.server)).toEqual(["GET upload", "PATCH upload", "PUT upload"]);
    expect(offsets).toEqual([SENT]);
    expect(await setup.open()).toEqual([]);
  });

  it("is sent from its start where the registry checks no digest, since nobody knows what is there", async () => {
    const lengths: number[] = [];
    await using setup = await restartSetup(
      ({ method, headers }) => {
        if (method === "PATCH") lengths.push(Number(headers["content-length"]));
        return undefined;
      },
      { checksDigest: false },
    );
    await setup.left();
    const { open, offsets } = counting();
    await setup.registry.repository("app").push(blobOf(BLOB), open);
    expect({ offsets, lengths }).toEqual({ offsets: [0], lengths: [BLOB.length] });
    expectSent(setup);
    expect(steps(setup.server)).toEqual([
      ...["GET upload", "DELETE upload", "POST mount app", "HEAD blobs"],
      ...["PATCH upload", "PUT upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([
    ["nobody has asked", SENT, undefined, ["POST upload", "PATCH upload", "PUT upload"]],
    ["nobody has asked, and little arrived", MIB - 1, undefined, []],
    ["it does not say", SENT, failed(503, "UNAVAILABLE"), ["POST upload", "PATCH upload", "PUT upload"]],
  ])("is right at a registry that takes wrong digests: %s", async (_, length, answer, asked) => {
    await using setup = await unchecked(async (request) => {
      const isProbe = isCommit(request) && !request.path.includes(encodeURIComponent(sha256(BLOB)));
      return isProbe ? answer : undefined;
    });
    await setup.left();
    // The source of the process that began was wrong.
    setup.server.uploads.set("upload-1", Buffer.alloc(length, "wrong "));
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expectSent(setup);
    expect(steps(setup.server).slice(0, 1 + asked.length)).toEqual(["GET upload", ...asked]);
    expect(await setup.open()).toEqual([]);
  });

  it("is sent once more from its start where the commit is refused with DIGEST_INVALID", async () => {
    let commits = 0;
    await using setup = await restartSetup((request) => {
      if (!isCommit(request)) return undefined;
      commits += 1;
      return commits === 1 ? failed(400, "DIGEST_INVALID") : undefined;
    });
    await setup.left();
    const { open, offsets } = counting();
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expectSent(setup);
    expect(steps(setup.server)).toEqual([
      ...["GET upload", "PATCH upload", "PUT upload"],
      ...["HEAD blobs", "DELETE upload", "POST upload", "PATCH upload", "PUT upload"],
    ]);
    expect(offsets).toEqual([SENT, 0]);
    expect(await setup.open()).toEqual([]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([
    ["has a Location that must not be followed", { location: "ftp://elsewhere.example/v2/app/blobs/uploads/1" }],
    ["has a Location that is none", { location: "http://[" }],
  ])("is begun anew where what is remembered %s", async (_, upload) => {
    await using setup = await restartSetup();
    await setup.left(upload);
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(steps(setup.server)[0]).toBe("POST mount app");
    expectSent(setup);
    expect(await setup.open()).toEqual([]);
  });

  it.each([500, 503, 501, 401, 403])("is begun anew where its status gets %d", async (status) => {
    await using setup = await restartSetup(({ method, path }) =>
      method === "GET" && path.includes("upload-1") ? failed(status, "UNKNOWN") : undefined,
    );
    await setup.left();
    const { open, offsets } = counting();
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expectSent(setup);
    expect(offsets).toEqual([0]);
    // What was begun is cancelled once the blob has arrived.
    expect(await setup.open()).toEqual([]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each(["any-byte", "whole-chunks"])(
    "is begun anew where bytes are refused at the place that the registry names: %s",
    async (resume) => {
      const { length } = BLOB.subarray(0, SENT + MIB);
      await using setup = await restartSetup(
        ({ method, path }) => {
          if (!path.includes("upload-1")) return undefined;
          if (method === "PATCH") return failed(416, "RANGE_INVALID");
          return method === "GET" ? { status: 204, headers: { range: `0-${length - 1}` } } : undefined;
        },
        { resume },
      );
      await setup.left();
      expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
      expectSent(setup);
      expect(steps(setup.server).slice(0, 6)).toEqual([
        ...["GET upload", "PATCH upload", "HEAD blobs", "GET upload", "DELETE upload", "POST upload"],
      ]);
      const facts = await setup.journal.profiles.facts(setup.server.host);
      expect(facts.map(({ name }) => name)).not.toContain("maxBody");
      expect(await setup.open()).toEqual([]);
      expect(setup.server.uploads.size).toBe(0);
    },
  );

  it("is begun anew where what is remembered was of another size, which is cancelled", async () => {
    await using setup = await restartSetup();
    await setup.left({ size: MIB });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(steps(setup.server).slice(0, 2)).toEqual(["DELETE upload", "POST mount app"]);
    expectSent(setup);
    expect(await setup.open()).toEqual([]);
  });

  it("is not sent where another process has sent it since then, and what was begun is cancelled", async () => {
    await using setup = await restartSetup();
    const { server, journal, registry } = setup;
    await setup.left();
    server.blobs.set(`app@${sha256(BLOB)}`, BLOB);
    await journal.blobs.seen({ host: server.host, access: ANONYMOUS, repository: "app" }, sha256(BLOB));
    expect(await registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("existed");
    expect(steps(server)).toEqual(["HEAD blobs", "DELETE upload"]);
    expect(await setup.open()).toEqual([]);
    expect(server.uploads.size).toBe(0);
  });

  it("leaves nothing of what several processes began, once it has arrived", async () => {
    await using setup = await restartSetup();
    const { server, journal, registry } = setup;
    await setup.left();
    for (const name of ["second", "third"]) {
      server.uploads.set(name, BLOB.subarray(0, MIB));
      const location = `http://${server.host}/v2/app/blobs/uploads/${name}?state=old`;
      const key = { host: server.host, access: ANONYMOUS, repository: "app", digest: sha256(BLOB) };
      const other = journal.peer();
      await other.uploads.opened(key, { size: BLOB.length, location, confirmed: 0 });
      await other.close();
    }
    expect(await registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(await setup.open()).toEqual([]);
    expect(server.uploads.size).toBe(0);
  });

  it("is mounted from where an earlier process has seen it", async () => {
    await using setup = await restartSetup();
    const { server, journal, registry } = setup;
    server.blobs.set(`other@${sha256(BLOB)}`, BLOB);
    await journal.blobs.seen({ host: server.host, access: ANONYMOUS, repository: "other" }, sha256(BLOB));
    await journal.blobs.seen({ host: server.host, access: "somebody", repository: "secret" }, sha256(BLOB));
    expect(await registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("mounted");
    expect(steps(server)).toEqual(["POST mount other"]);
  });
});

it("push() asks before it sends the rest of an upload whose earlier bytes still arrive, and sends it once", async () => {
  let [patches, bytes] = [0, 0];
  await using setup = await restartSetup(async ({ method, headers, body }) => {
    if (method !== "PATCH") return undefined;
    patches += 1;
    const { server } = setup;
    const received = server.uploads.get("upload-1") ?? Buffer.alloc(0);
    if (patches === 1) {
      // What the earlier process had sent has arrived meanwhile.
      server.uploads.set("upload-1", BLOB.subarray(0, SENT + MIB));
      expect(headers.expect).toBe("100-continue");
      return failed(416, "RANGE_INVALID");
    }
    const sent = await body();
    bytes += sent.length;
    server.uploads.set("upload-1", Buffer.concat([received, sent]));
    return { status: 202, headers: { location: "/v2/app/blobs/uploads/upload-1" } };
  });
  await setup.left();
  expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
  expect({ patches, bytes }).toEqual({ patches: 2, bytes: BLOB.length - SENT - MIB });
  expectSent(setup);
});

it("push() takes over what little a process has left that shared the work, since many such blobs add up", async () => {
  const little = 200 * 1024;
  const journal = new MemoryJournal();
  let bytes = 0;
  await using setup = await scriptedSetup(
    ({ method, headers }) => {
      if (method === "PATCH" || method === "PUT") bytes += Number(headers["content-length"] ?? 0);
      return undefined;
    },
    { journal: journal.peer(), uploads: UPLOADS },
  );
  const { server, registry } = setup;
  server.uploads.set("left", BLOB.subarray(0, little));
  const left = journal.peer();
  const location = `http://${server.host}/v2/app/blobs/uploads/left?state=old`;
  const key = { host: server.host, access: ANONYMOUS, repository: "app", digest: sha256(BLOB) };
  await left.uploads.opened(key, { size: BLOB.length, location, confirmed: 0 });
  await left.close();
  expect(await registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
  expectSent(setup);
  // What is asked of a host that is not known is a byte or two.
  expect(bytes - (BLOB.length - little)).toBeLessThan(16);
});

describe("push() of a small blob", () => {
  const SMALL = Buffer.from("a small blob");

  it("writes its session down before a byte is sent, and nothing is kept of it", async () => {
    const written: number[] = [];
    await using setup = await restartSetup(async ({ method }) => {
      if (method === "PUT") written.push((await setup.open()).length);
      return undefined;
    });
    await setup.registry.repository("app").push(blobOf(SMALL), opening(SMALL));
    expect(written).toEqual([1]);
    expect(await setup.open()).toEqual([]);
  });

  it("leaves a session that it could not cancel to the next process, which does", async () => {
    let isBroken = true;
    await using setup = await restartSetup(({ method }) => {
      if (!isBroken) return undefined;
      if (method === "DELETE") return failed(503, "UNAVAILABLE");
      return method === "PUT" ? failed(403, "DENIED") : undefined;
    });
    const { server, journal, registry } = setup;
    await expect(registry.repository("app").push(blobOf(SMALL), opening(SMALL))).rejects.toMatchObject({ status: 403 });
    expect(await setup.open()).toMatchObject([{ size: SMALL.length, owned: false }]);
    expect(server.uploads.size).toBe(1);
    isBroken = false;
    await using next = new Registry({ host: server.host, plainHttp: true, journal: journal.peer(), uploads: UPLOADS });
    expect(await next.repository("app").push(blobOf(SMALL), opening(SMALL))).toBe("pushed");
    expect(server.uploads.size).toBe(0);
    expect(await setup.open()).toEqual([]);
  });
});

it("push() records the session that tells whether a 202 means absent, for whoever cancels it after a kill", async () => {
  let cancels = 0;
  const journal = new MemoryJournal();
  await using setup = await scriptedSetup(
    (request) => {
      const { pathname, searchParams } = new URL(request.path, "http://registry");
      // Each mount is answered 202, and nothing can be cancelled for now.
      if (request.method === "POST" && searchParams.has("mount")) {
        const session = `mount-${setup.server.uploads.size}`;
        setup.server.uploads.set(session, Buffer.alloc(0));
        return { status: 202, headers: { location: `${pathname}${session}` } };
      }
      if (request.method !== "DELETE") return undefined;
      cancels += 1;
      return failed(503, "UNAVAILABLE");
    },
    { journal: journal.peer(), uploads: UPLOADS },
  );
  const { server, registry } = setup;
  const small = Buffer.from("a small blob");
  for (const bytes of [small, BLOB]) await registry.repository("app").push(blobOf(bytes), opening(bytes));
  expect(cancels).toBeGreaterThan(0);
  expect((await Array.fromAsync(journal.uploads.list())).map(({ owned }) => owned)).toEqual([false]);
  expect(server.uploads.size).toBe(1);
}, 30_000);

describe("push() that is aborted where the registry keeps whole chunks", () => {
  it("finishes the chunk that is on its way, and another process goes on after it", async () => {
    const controller = new AbortController();
    const starts: string[] = [];
    await using setup = await restartSetup(
      (request) => {
        if (request.method !== "PATCH") return undefined;
        starts.push(request.headers["content-range"]?.split("-")[0] ?? "");
        controller.abort(new Error("stop"));
        return undefined;
      },
      { resume: "whole-chunks" },
    );
    const pushing = setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB), { signal: controller.signal });
    await expect(pushing).rejects.toThrow("stop");
    expect(await setup.open()).toMatchObject([{ confirmed: CHUNK, owned: false }]);
    expect(setup.server.uploads.get("upload-1")).toHaveLength(CHUNK);
    const { host } = setup.server;
    await using next = new Registry({ host, plainHttp: true, journal: setup.journal.peer(), uploads: UPLOADS });
    expect(await next.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(starts.map(Number)).toEqual([0, CHUNK, 2 * CHUNK, 3 * CHUNK]);
    expectSent(setup);
    expect(await setup.open()).toEqual([]);
  });
});

describe("push() that is aborted where nobody knows yet what the registry keeps", () => {
  it("leaves the upload open, and another process goes on with it", async () => {
    const controller = new AbortController();
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(
      async ({ method, breakAfter }) => {
        if (method !== "PUT" || controller.signal.aborted) return undefined;
        const sent = await breakAfter(CHUNK);
        controller.abort(new Error("stop"));
        setup.server.uploads.set("upload-1", sent);
        return "dropped";
      },
      { journal: journal.peer(), uploads: UPLOADS },
    );
    const { server, registry } = setup;
    const pushing = registry.repository("app").push(blobOf(BLOB), opening(BLOB), { signal: controller.signal });
    await expect(pushing).rejects.toThrow("stop");
    expect(await Array.fromAsync(journal.uploads.list())).toMatchObject([{ size: BLOB.length, owned: false }]);
    const before = server.log.length;
    await using next = new Registry({ host: server.host, plainHttp: true, journal: journal.peer(), uploads: UPLOADS });
    expect(await next.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    // In between the registry is asked whether it refuses a wrong digest.
    expect(steps(server).slice(before)).toEqual([
      ...["GET upload", "POST upload", "PATCH upload", "PUT upload", "DELETE upload"],
      ...["PATCH upload", "PUT upload"],
    ]);
    expectSent(setup);
    expect(await Array.fromAsync(journal.uploads.list())).toEqual([]);
  });
});

it("push() writes down where the session of a probe has got to, for whoever cancels it after a kill", async () => {
  const journal = new MemoryJournal();
  const advanced = vi.spyOn(journal.uploads, "advanced");
  await using setup = await scriptedSetup(undefined, { journal, uploads: { ...UPLOADS, probeFrom: 1 } });
  await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB));
  const ofProbe = advanced.mock.calls.filter(([{ digest }]) => digest === PROBE_DIGEST);
  // A chunk, two chunks that are each asked for, and the byte that is committed under a wrong digest.
  expect(ofProbe).toHaveLength(6);
}, 30_000);

it("push() probes a host once for all processes that share the journal", async () => {
  const journal = new MemoryJournal();
  let probes = 0;
  await using setup = await scriptedSetup(
    ({ method, path }) => {
      // The byte that is committed under a wrong digest.
      if (method === "PUT" && !path.includes(encodeURIComponent(sha256(BLOB)))) probes += 1;
      return undefined;
    },
    { journal: journal.peer(), uploads: { ...UPLOADS, probeFrom: 1 } },
  );
  const { host } = setup.server;
  const options = { host, plainHttp: true, uploads: { ...UPLOADS, probeFrom: 1 } };
  await using next = new Registry({ ...options, journal: journal.peer() });
  const push = (registry: Registry, name: string) => registry.repository(name).push(blobOf(BLOB), opening(BLOB));
  expect(await Promise.all([push(setup.registry, "one"), push(next, "two")])).toEqual(["pushed", "pushed"]);
  expect(probes).toBe(1);
}, 30_000);

describe("push() of a blob in chunks whose token dies on the way", () => {
  it("sends one chunk again", async () => {
    let tokens = 0;
    const starts: string[] = [];
    await using setup = await restartSetup(
      async (request): Promise<ScriptedAnswer | undefined> => {
        if (request.path.startsWith("/token")) {
          tokens += 1;
          return { status: 200, body: JSON.stringify({ token: `token-${tokens}`, expires_in: 3600 }) };
        }
        const authorization = request.headers.authorization ?? "";
        if (request.method === "PATCH") starts.push(request.headers["content-range"]?.split("-")[0] ?? "");
        // The first token is good for two chunks.
        if (authorization === `Bearer token-${tokens}` && (tokens > 1 || starts.length < 3)) return undefined;
        await request.body();
        const realm = `http://${setup.server.host}/token`;
        return { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}",service="registry"` } };
      },
      { resume: "whole-chunks" },
    );
    const { open, offsets } = counting();
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expect(starts.map(Number)).toEqual([0, CHUNK, 2 * CHUNK, 2 * CHUNK, 3 * CHUNK]);
    expect(tokens).toBe(2);
    expect(offsets).toEqual([0, 2 * CHUNK]);
    expectSent(setup);
  });
});
