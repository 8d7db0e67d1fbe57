import { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hold, IMAGE } from "../../../../../test/support/scripted-manifests.ts";
import { failed, type Script, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { OCI_LAYER } from "../../content/media-types.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";

const HEAD = "HEAD /v2/app/manifests/v1";
const GET = "GET /v2/app/manifests/v1";
const DAY_MS = 24 * 60 * 60_000;
const BLOB = Buffer.from("a layer that is there");
const LAYER = { mediaType: OCI_LAYER, digest: sha256(BLOB), size: BLOB.length };
const BLOB_PATH = `/v2/app/blobs/${LAYER.digest}`;
/** Statuses that are retried, and those that are not. */
const PASSING = [408, 425, 500, 502, 503, 504];
const FINAL = [400, 401, 403, 404, 405, 406, 410, 418, 501, 505];

function refusing(status: number): Script {
  return ({ method }) => (method === "HEAD" ? { status } : undefined);
}

async function refusingSetup(
  status: number,
  options: Parameters<typeof scriptedSetup>[1] = {},
): Promise<ScriptedSetup> {
  const setup = await scriptedSetup(refusing(status), { retry: { attempts: 2, baseDelayMs: 0 }, ...options });
  hold(setup.server, "v1");
  setup.server.blobs.set(`app@${LAYER.digest}`, BLOB);
  return setup;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("resolve() where HEAD is refused", () => {
  it.each([...FINAL, ...PASSING])("with %i: a GET decides, and the next one gets no HEAD", async (status) => {
    await using setup = await refusingSetup(status);
    const app = setup.registry.repository("app");
    expect(await app.resolve("v1")).toEqual(IMAGE.descriptor);
    expect(setup.server.log).toEqual([...(PASSING.includes(status) ? [HEAD, HEAD] : [HEAD]), GET]);
    setup.server.log.length = 0;
    expect(await app.resolve("v1")).toEqual(IMAGE.descriptor);
    expect(await setup.registry.repository("app").resolve(IMAGE.descriptor.digest)).toEqual(IMAGE.descriptor);
    expect(setup.server.log).toEqual([GET, `GET /v2/app/manifests/${IMAGE.descriptor.digest}`]);
  });

  it.each([{}, { headProvesAbsence: true }])(
    "by a connection that breaks at every HEAD: a GET decides, and the next one gets no HEAD (%j)",
    async (options) => {
      await using setup = await scriptedSetup(
        async (request) => {
          if (request.method !== "HEAD") return undefined;
          await request.breakAfter(0);
          return "dropped";
        },
        { retry: { attempts: 2, baseDelayMs: 0 } },
      );
      hold(setup.server, "v1");
      const app = setup.registry.repository("app");
      for (const asked of [[HEAD, HEAD, GET], [GET]]) {
        setup.server.log.length = 0;
        expect(await app.resolve("v1", options)).toEqual(IMAGE.descriptor);
        expect(setup.server.log).toEqual(asked);
      }
    },
  );

  it.each([400, 403, 405, 500, 501, 503])("with %i at a target: a GET decides", async (status) => {
    await using setup = await refusingSetup(status);
    const app = setup.registry.repository("app");
    expect(await app.resolve("v1", { headProvesAbsence: true })).toEqual(IMAGE.descriptor);
    expect(await app.has(IMAGE.descriptor)).toBe(true);
    expect(await app.has({ ...IMAGE.descriptor, digest: sha256(Buffer.from("other")) })).toBe(false);
  });

  it.each([
    [404, "MANIFEST_UNKNOWN"],
    [401, "UNAUTHORIZED"],
  ])("with %i at a target: the HEAD decides", async (status, code) => {
    await using setup = await refusingSetup(status);
    const app = setup.registry.repository("app");
    await expect(app.resolve("v1", { headProvesAbsence: true })).rejects.toMatchObject({ code, status });
    expect(setup.server.log).toEqual([HEAD]);
  });

  it("with 429: the host is left alone", async () => {
    await using setup = await refusingSetup(429);
    await expect(setup.registry.repository("app").resolve("v1")).rejects.toMatchObject({ status: 429 });
    expect(setup.server.log).toEqual([HEAD, HEAD]);
  });

  it.each([401, 403, 404, 500])("and GET too, both with %i: fails, and learns nothing", async (status) => {
    await using setup = await scriptedSetup(() => ({ status }), { retry: { attempts: 1 } });
    const app = setup.registry.repository("app");
    for (let times = 0; times < 2; times += 1) {
      const message = expect.stringMatching(/^Cannot resolve "v1" in "[^"]*\/app": /);
      await expect(app.resolve("v1")).rejects.toMatchObject({ status, message });
    }
    expect(setup.server.log).toEqual([HEAD, GET, HEAD, GET]);
  });

  it("with 403 for a missing tag, which GET answers with 404: it is missing, and the next one gets no HEAD", async () => {
    await using setup = await refusingSetup(403);
    const app = setup.registry.repository("app");
    for (let times = 0; times < 2; times += 1) {
      await expect(app.resolve("none", { headProvesAbsence: true })).rejects.toMatchObject({
        code: "MANIFEST_UNKNOWN",
      });
    }
    expect(setup.server.log.map((line) => line.split(" ")[0])).toEqual(["HEAD", "GET", "GET"]);
  });

  it("by a host that is down for a while: one GET, and nothing is learned once it answers", async () => {
    let down = true;
    await using setup = await scriptedSetup(() => (down ? failed(503, "UNAVAILABLE") : undefined), {
      retry: { attempts: 3, baseDelayMs: 0 },
    });
    hold(setup.server, "v1");
    const app = setup.registry.repository("app");
    await expect(app.resolve("v1")).rejects.toMatchObject({ status: 503 });
    expect(setup.server.log).toEqual([HEAD, HEAD, HEAD, GET]);
    down = false;
    expect(await app.resolve("v1")).toEqual(IMAGE.descriptor);
    expect(setup.server.log.at(-1)).toBe(HEAD);
  });

  it("remembers that for a day, in the journal too", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const journal = new MemoryJournal();
    await using setup = await refusingSetup(404, { journal });
    const { host } = setup.server;
    const app = setup.registry.repository("app");
    await app.resolve("v1");
    await using next = await scriptedSetup(undefined, { host, journal });
    const requestsOf = async (store: typeof app): Promise<readonly string[]> => {
      setup.server.log.length = 0;
      await store.resolve("v1");
      return [...setup.server.log];
    };
    expect(await requestsOf(next.registry.repository("app"))).toEqual([GET]);
    vi.setSystemTime(Date.now() + DAY_MS - 1);
    expect(await requestsOf(app)).toEqual([GET]);
    vi.setSystemTime(Date.now() + 1);
    expect(await requestsOf(app)).toEqual([HEAD, GET]);
  });

  it("believes the user that HEAD works, or does not", async () => {
    const journal = new MemoryJournal();
    await using setup = await refusingSetup(200, { journal });
    await journal.profiles.set(setup.server.host, "manifestHead", false);
    await setup.registry.repository("app").resolve("v1");
    expect(setup.server.log).toEqual([GET]);
  });
});

describe("delete() and untag() where HEAD answers 404 for what is there", () => {
  it("do not take the 404 of a DELETE for success", async () => {
    await using setup = await scriptedSetup(({ method }) =>
      method === "HEAD" || method === "DELETE" ? { status: 404 } : undefined,
    );
    hold(setup.server, "v1");
    const app = setup.registry.repository("app");
    await expect(app.delete(IMAGE.descriptor)).rejects.toMatchObject({ code: "UNSUPPORTED", status: undefined });
    await expect(app.untag("v1")).rejects.toMatchObject({ code: "UNSUPPORTED", status: undefined });
  });
});

describe("has() of a blob where HEAD is refused", () => {
  it.each([400, 401, 403, 405, 500, 501, 503])("with %i: a GET of its first byte decides", async (status) => {
    await using setup = await refusingSetup(status);
    const app = setup.registry.repository("app");
    expect(await app.has(LAYER)).toBe(true);
    expect(setup.server.log.at(-1)).toBe(`GET ${BLOB_PATH}`);
    expect(await app.has({ ...LAYER, digest: sha256(Buffer.from("other")) })).toBe(false);
    await expect(app.has({ ...LAYER, size: 7 })).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it("says that it is there where GET ignores the range, or has no range to give", async () => {
    let status = 200;
    await using setup = await scriptedSetup(({ method }) =>
      method === "HEAD" ? { status: 405 } : { status, body: status === 200 ? BLOB : "" },
    );
    const app = setup.registry.repository("app");
    expect(await app.has(LAYER)).toBe(true);
    status = 416;
    expect(await app.has(LAYER)).toBe(true);
  });
});

describe("push() of a blob where HEAD is refused", () => {
  it.each([400, 401, 403, 404, 405, 500, 501, 503])("with %i: it is uploaded", async (status) => {
    const journal = new MemoryJournal();
    await using setup = await refusingSetup(status, { journal });
    // As at a registry that answers 202 to the mount of a blob that is there.
    await journal.profiles.set(setup.server.host, "existence", "head-first");
    const big = Buffer.alloc(100 * 1024, "b");
    const layer = { mediaType: OCI_LAYER, digest: sha256(big), size: big.length };
    const outcome = await setup.registry.repository("app").push(layer, async () => Readable.from([big]));
    expect(outcome).toBe("pushed");
    expect(setup.server.blobs.get(`app@${layer.digest}`)).toEqual(big);
  });
});
