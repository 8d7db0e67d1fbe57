import { describe, expect, it } from "vitest";
import { blobOf, isCommit, opening, steps } from "../../../../../test/support/scripted-blobs.ts";
import { failed, type ScriptedRequest, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { Open } from "../../store/store.ts";

const MIB = 1024 * 1024;
const BLOB = Buffer.alloc(4 * MIB, "a blob that breaks ");
const HALF = 2 * MIB;

/** Breaks a body, and keeps what arrived as distribution 3.1 does. */
async function keepHalf(setup: ScriptedSetup, request: ScriptedRequest, length = HALF): Promise<"dropped"> {
  const received = setup.server.uploads.get("upload-1") ?? Buffer.alloc(0);
  const arrived = await request.breakAfter(length);
  setup.server.uploads.set("upload-1", Buffer.concat([received, arrived]).subarray(0, received.length + length));
  return "dropped";
}

function counting(open: Open): { readonly open: Open; readonly offsets: number[] } {
  const offsets: number[] = [];
  return {
    offsets,
    open: (offset, signal) => {
      offsets.push(offset);
      return open(offset, signal);
    },
  };
}

describe("push() of a blob that breaks off in its middle", () => {
  it("goes on at the byte that the registry has, of a PUT with a PATCH", async () => {
    let broken = false;
    const ranges: (string | undefined)[] = [];
    await using setup = await scriptedSetup((request) => {
      if (request.method === "PATCH") ranges.push(request.headers["content-range"]);
      if (broken || !isCommit(request)) return undefined;
      broken = true;
      return keepHalf(setup, request);
    });
    const { open, offsets } = counting(opening(BLOB));
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server)).toEqual([
      ...["POST mount app", "HEAD blobs", "PUT upload"],
      ...["HEAD blobs", "GET upload", "PATCH upload", "PUT upload"],
      // The host is not known to check digests: what it made of the pieces is read back.
      "GET blobs",
    ]);
    expect(ranges).toEqual([`${HALF}-${4 * MIB - 1}`]);
    expect(offsets[0]).toBe(0);
    expect(offsets[1]).toBeGreaterThanOrEqual(HALF - MIB);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("begins anew where the registry refuses to say what it has", async () => {
    let broken = false;
    await using setup = await scriptedSetup(
      (request) => {
        if (request.method === "GET") return { status: 500 };
        if (broken || !isCommit(request)) return undefined;
        broken = true;
        return keepHalf(setup, request);
      },
      { retry: { attempts: 2, baseDelayMs: 0 } },
    );
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([
    ["says that it has nothing (0-0)", "0-0"],
    ["says that it has more than was sent", `0-${100 * MIB}`],
  ])("begins anew where the registry %s", async (_, range) => {
    let broken = false;
    await using setup = await scriptedSetup((request) => {
      if (request.method === "GET") return { status: 204, headers: { range } };
      if (broken || !isCommit(request)) return undefined;
      broken = true;
      return keepHalf(setup, request);
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(steps(setup.server).slice(3)).toEqual([
      ...["HEAD blobs", "GET upload", "DELETE upload"],
      ...["POST upload", "PUT upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([500, 503, 403])("begins anew where its status gets %d", async (status) => {
    let broken = false;
    await using setup = await scriptedSetup((request) => {
      if (request.method === "GET") return failed(status, "UNKNOWN");
      if (broken || !isCommit(request)) return undefined;
      broken = true;
      return keepHalf(setup, request);
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server).slice(-3)).toEqual(["DELETE upload", "POST upload", "PUT upload"]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("begins anew where bytes are refused at the place that the registry names", async () => {
    let broken = false;
    await using setup = await scriptedSetup((request) => {
      if (request.method === "GET") return { status: 204, headers: { range: `0-${HALF + MIB - 1}` } };
      if (request.method === "PATCH") return failed(416, "RANGE_INVALID");
      if (broken || !isCommit(request)) return undefined;
      broken = true;
      return keepHalf(setup, request, HALF + MIB + 1);
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server).slice(3)).toEqual([
      ...["HEAD blobs", "GET upload", "PATCH upload"],
      ...["HEAD blobs", "GET upload", "DELETE upload", "POST upload", "PUT upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it.each([
    ["a digest that is wrong", () => failed(400, "DIGEST_INVALID")],
    ["a session that is lost", () => failed(404, "BLOB_UPLOAD_UNKNOWN")],
  ])("is sent once more from its start after %s at the commit of what went on", async (_, answer) => {
    let commits = 0;
    await using setup = await scriptedSetup((request) => {
      if (!isCommit(request)) return undefined;
      commits += 1;
      if (commits === 1) return keepHalf(setup, request);
      return commits === 2 ? answer() : undefined;
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(steps(setup.server).slice(3)).toEqual([
      ...["HEAD blobs", "GET upload", "PATCH upload", "PUT upload"],
      ...["HEAD blobs", "DELETE upload", "POST upload", "PUT upload"],
    ]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("fails at the second wrong digest", async () => {
    let commits = 0;
    await using setup = await scriptedSetup((request) => {
      if (!isCommit(request)) return undefined;
      commits += 1;
      return commits === 1 ? keepHalf(setup, request) : failed(400, "DIGEST_INVALID");
    });
    const pushing = setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB));
    await expect(pushing).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    expect(commits).toBe(3);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("counts its tries anew after each one that got further", async () => {
    let breaks = 0;
    await using setup = await scriptedSetup(
      (request) => {
        const isBody = request.method === "PATCH" || (isCommit(request) && breaks === 0);
        if (!isBody || breaks === 3) return undefined;
        breaks += 1;
        return keepHalf(setup, request);
      },
      { retry: { attempts: 3, baseDelayMs: 1 } },
    );
    const long = Buffer.alloc(8 * MIB, "long ");
    expect(await setup.registry.repository("app").push(blobOf(long), opening(long))).toBe("pushed");
    expect(steps(setup.server).filter((step) => step === "GET upload")).toHaveLength(3);
    expect(setup.server.blobs.get(`app@${sha256(long)}`)).toEqual(long);
  });
});

describe("push() of a blob that breaks off, to a registry that makes a blob of whatever was sent", () => {
  /** Not where a mark of the hash is, which is there for each MiB: what is between is read again. */
  const BROKEN = 2.5 * MIB;

  /** Breaks the first body, then takes all. @param late comes between what was kept and what is sent next. */
  async function unchecked(late: Buffer = Buffer.alloc(0)): Promise<ScriptedSetup> {
    let requests = 0;
    const setup = await scriptedSetup(async (request) => {
      const id = /upload-\d+/.exec(request.path)?.[0] ?? "";
      if (request.method === "PATCH" && requests === 1) {
        requests += 1;
        setup.server.uploads.set(id, Buffer.concat([setup.server.uploads.get(id) ?? late, late]));
      }
      if (!isCommit(request)) return undefined;
      requests += 1;
      if (requests === 1) return keepHalf(setup, request, BROKEN);
      const digest = new URL(request.path, "http://registry").searchParams.get("digest");
      const sent = setup.server.uploads.get(id) ?? Buffer.alloc(0);
      setup.server.uploads.delete(id);
      setup.server.blobs.set(`app@${digest}`, Buffer.concat([sent, await request.body()]));
      return { status: 201 };
    });
    return setup;
  }

  async function expectRight(setup: ScriptedSetup, open: Open): Promise<void> {
    expect(await setup.registry.repository("app").push(blobOf(BLOB), open)).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(setup.server.uploads.size).toBe(0);
  }

  it("goes on at the byte that it has where all that was sent is known to be right", async () => {
    await using setup = await unchecked();
    await expectRight(setup, opening(BLOB));
    expect(steps(setup.server)).toContain("PATCH upload");
  });

  it.each([BROKEN - 1, BROKEN - 1000, 2 * MIB + 1000])(
    "begins anew where byte %i was wrong, and was right when it was read again",
    async (at) => {
      await using setup = await unchecked();
      const wrong = Buffer.from(BLOB);
      wrong.writeUInt8(0, at);
      let opened = 0;
      await expectRight(setup, async (offset, signal) => {
        opened += 1;
        return opening(opened === 1 ? wrong : BLOB)(offset, signal);
      });
      expect(opened).toBe(3);
    },
  );

  it("fails where a byte was wrong that is not read again", async () => {
    await using setup = await unchecked();
    const wrong = Buffer.from(BLOB);
    wrong.writeUInt8(0, MIB);
    const reading = opening(wrong);
    const pushing = setup.registry.repository("app").push(blobOf(BLOB), reading);
    await expect(pushing).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(setup.server.blobs.size).toBe(0);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("begins anew where late bytes came between", async () => {
    await using setup = await unchecked(Buffer.from("late"));
    await expectRight(setup, opening(BLOB));
    expect(steps(setup.server).filter((step) => step === "POST upload")).toHaveLength(1);
  });

  it.each([
    [BROKEN - MIB, BROKEN],
    [BROKEN, BROKEN - MIB / 2],
  ])("fails where it stored other bytes: it had %i, and said %i", async (kept, said) => {
    let commits = 0;
    await using setup = await scriptedSetup(async (request) => {
      const { uploads, blobs } = setup.server;
      const id = /upload-\d+/.exec(request.path)?.[0] ?? "";
      if (request.method === "GET" && id !== "") return { status: 204, headers: { range: `0-${said - 1}` } };
      if (request.method === "PATCH") {
        uploads.set(id, Buffer.concat([uploads.get(id) ?? Buffer.of(), await request.body()]));
        return { status: 202, headers: { location: request.path } };
      }
      if (!isCommit(request)) return undefined;
      commits += 1;
      if (commits === 1) {
        const answer = await keepHalf(setup, request, BROKEN);
        uploads.set(id, (uploads.get(id) ?? Buffer.of()).subarray(0, kept));
        return answer;
      }
      const digest = new URL(request.path, "http://registry").searchParams.get("digest");
      blobs.set(`app@${digest}`, Buffer.concat([uploads.get(id) ?? Buffer.of(), await request.body()]));
      return { status: 201 };
    });
    const pushing = setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB));
    await expect(pushing).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: expect.stringContaining("took an upload that went on after a break, and stored"),
    });
  });

  it("begins anew where it is known to check no digest", async () => {
    const journal = new MemoryJournal();
    await using known = await scriptedSetup(
      (request) => (isCommit(request) && known.server.log.length < 4 ? keepHalf(known, request) : undefined),
      { journal: journal.peer() },
    );
    await journal.profiles.set(known.server.host, "checksDigest", false);
    await expectRight(known, opening(BLOB));
    expect(steps(known.server)).not.toContain("PATCH upload");
  });
});

describe("push() of a blob whose body is refused", () => {
  it("halves it after a 413 until it is taken, and remembers it of the host", async () => {
    const lengths: number[] = [];
    await using setup = await scriptedSetup(({ method, headers }) => {
      if (method !== "PUT" && method !== "PATCH") return undefined;
      const length = Number(headers["content-length"]);
      lengths.push(length);
      return length > MIB ? failed(413, "SIZE_INVALID") : undefined;
    });
    const app = setup.registry.repository("app");
    expect(await app.push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${sha256(BLOB)}`)).toEqual(BLOB);
    expect(lengths).toEqual([4 * MIB, 2 * MIB, MIB, MIB, MIB, MIB, 0]);
    lengths.length = 0;
    const other = Buffer.alloc(2 * MIB, "another ");
    expect(await app.push(blobOf(other), opening(other))).toBe("pushed");
    expect(lengths).toEqual([MIB, MIB, 0]);
    expect(setup.server.uploads.size).toBe(0);
  });

  it("goes in chunks that are halved where one is refused with 416 though it is in its place (GHCR)", async () => {
    await using setup = await scriptedSetup(({ method, headers }) => {
      const length = Number(headers["content-length"]);
      if (method === "PATCH" && length > MIB) return failed(416, "RANGE_INVALID");
      return method === "PUT" && length > 3 * MIB ? failed(413, "SIZE_INVALID") : undefined;
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    const chunks = Array(BLOB.length / MIB).fill("PATCH upload");
    expect(steps(setup.server)).toEqual([
      ...["POST mount app", "HEAD blobs", "PUT upload"],
      ...["PATCH upload", "GET upload", ...chunks, "PUT upload"],
    ]);
  });

  it("is sent in one PUT where no chunk is taken, however short", async () => {
    await using setup = await scriptedSetup(({ method, headers }) => {
      if (method === "PATCH") return failed(416, "RANGE_INVALID");
      return method === "PUT" && Number(headers["content-length"]) > 3 * MIB && setup.server.log.length < 4
        ? failed(413, "SIZE_INVALID")
        : undefined;
    });
    expect(await setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB))).toBe("pushed");
    expect(steps(setup.server).filter((step) => step === "PUT upload")).toHaveLength(2);
  });

  it("is refused for good where no length is taken", async () => {
    await using setup = await scriptedSetup(({ method }) =>
      method === "PUT" || method === "PATCH" ? failed(413, "SIZE_INVALID") : undefined,
    );
    const pushing = setup.registry.repository("app").push(blobOf(BLOB), opening(BLOB));
    await expect(pushing).rejects.toMatchObject({ status: 413 });
    expect(setup.server.uploads.size).toBe(0);
  });
});

describe("push() of a small blob to a host without mounts", () => {
  it("is one POST, once that was seen to be taken", async () => {
    await using setup = await scriptedSetup(async (request) => {
      if (request.path.includes("from=")) return failed(400, "UNSUPPORTED");
      const digest = /\?digest=([^&]+)/.exec(request.path)?.[1];
      if (request.method !== "POST" || digest === undefined) return undefined;
      setup.server.blobs.set(`app@${decodeURIComponent(digest)}`, await request.body());
      return { status: 201 };
    });
    const app = setup.registry.repository("app");
    for (const text of ["one", "two"]) {
      const blob = Buffer.from(text);
      expect(await app.push(blobOf(blob), opening(blob))).toBe("pushed");
      expect(setup.server.blobs.get(`app@${sha256(blob)}`)).toEqual(blob);
    }
    expect(steps(setup.server)).toEqual(["POST mount app", "POST upload", "HEAD blobs", "POST upload"]);
  });

  it("is not sent that way again where it was answered 202", async () => {
    const bodies: number[] = [];
    await using setup = await scriptedSetup((request) => {
      if (request.path.includes("from=")) return failed(400, "UNSUPPORTED");
      if (request.method === "POST") bodies.push(Number(request.headers["content-length"] ?? 0));
      return undefined;
    });
    const app = setup.registry.repository("app");
    for (const text of ["one", "two"]) {
      const blob = Buffer.from(text);
      expect(await app.push(blobOf(blob), opening(blob))).toBe("pushed");
      expect(setup.server.blobs.get(`app@${sha256(blob)}`)).toEqual(blob);
    }
    expect(bodies).toEqual([3, 0]);
  });
});
