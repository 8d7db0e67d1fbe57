import { describe, expect, it } from "vitest";
import {
  failed,
  type Script,
  type ScriptedAnswer,
  type ScriptedRegistry,
  sha256,
} from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { accessFingerprint } from "../../auth/access.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_LAYER } from "../../content/media-types.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { Hold } from "../../store/store.ts";

interface Sample {
  readonly bytes: Buffer;
  readonly wrong: Buffer;
  readonly descriptor: Descriptor;
}

function sample(text: string): Sample {
  const bytes = Buffer.from(text);
  const wrong = Buffer.alloc(bytes.length, "x");
  return { bytes, wrong, descriptor: { mediaType: OCI_LAYER, digest: sha256(bytes), size: bytes.length } };
}

const LAYER = sample("the bytes of a layer");
const { digest } = LAYER.descriptor;
const BLOB = `/v2/app/blobs/${digest}`;
/** As whoever has no credentials. */
const PLACE = { access: accessFingerprint(undefined), repository: "app" };

/** Gives the right bytes, and tells that they are held. */
function holding({ bytes }: Sample, held: () => void = () => undefined): Hold {
  return async () => {
    held();
    return async (offset) =>
      (async function* () {
        yield bytes.subarray(offset);
      })();
  };
}

function keep(server: ScriptedRegistry, { descriptor }: Sample, stored: Uint8Array): void {
  server.blobs.set(`app@${descriptor.digest}`, stored);
}

/** Methods and what they were for, without the digests and sessions. */
function steps({ server }: ScriptedSetup): readonly string[] {
  return server.log.map((line) => {
    const [method = "", path = ""] = line.split(" ");
    if (!path.includes("/uploads/")) return `${method} blob`;
    return path.includes("mount=") ? `${method} mount` : `${method} upload`;
  });
}

const REPLACED = ["GET blob", "DELETE blob", "POST upload", "PUT upload", "GET blob"];

/** A registry whose DELETE only unlinks a blob: an upload of it finds the old bytes (distribution, `moveBlob`). */
function keepsFiles(): Script {
  const files = new Map<string, Uint8Array>();
  let server: ScriptedRegistry | undefined;
  const script: Script = async ({ method, path, body }) => {
    const { pathname, searchParams } = new URL(path, "http://registry");
    const deleted = pathname.split("/").at(-1) ?? "";
    if (method === "DELETE" && pathname.includes("/blobs/sha256:")) {
      const stored = server?.blobs.get(`app@${deleted}`);
      if (stored !== undefined) files.set(deleted, stored);
      return undefined;
    }
    const committed = searchParams.get("digest") ?? "";
    const old = files.get(committed);
    if (method !== "PUT" || old === undefined) return undefined;
    await body();
    server?.blobs.set(`app@${committed}`, old);
    return { status: 201 };
  };
  return Object.assign(script, { of: (it: ScriptedRegistry) => (server = it) });
}

async function keepingSetup(journal?: MemoryJournal): Promise<ScriptedSetup> {
  const script = keepsFiles();
  const setup = await scriptedSetup(script, { journal });
  (script as Script & { of(server: ScriptedRegistry): void }).of(setup.server);
  return setup;
}

describe("replace()", () => {
  it("holds the replacement and records the repair before it deletes, and reads back what is there then", async () => {
    const journal = new MemoryJournal();
    const order: string[] = [];
    await using setup = await scriptedSetup(
      async ({ method, path }) => {
        if (method !== "DELETE" && method !== "PUT") return undefined;
        const pending = await Array.fromAsync(journal.repairs.list());
        order.push(`${method} ${path === BLOB ? "blob" : "upload"}, ${pending.length} recorded`);
        return undefined;
      },
      { journal },
    );
    keep(setup.server, LAYER, LAYER.wrong);
    const app = setup.registry.repository("app");
    const outcome = await app.replace(
      LAYER.descriptor,
      holding(LAYER, () => order.push("held")),
      {
        wrong: sha256(LAYER.wrong),
        onDeleted: () => order.push("deleted"),
      },
    );
    expect(outcome).toBe("pushed");
    expect(order).toEqual(["held", "DELETE blob, 1 recorded", "deleted", "PUT upload, 1 recorded"]);
    expect(steps(setup)).toEqual(REPLACED);
    expect(setup.server.blobs.get(`app@${digest}`)).toEqual(LAYER.bytes);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
  });

  it("deletes nothing where the right bytes are there, and forgets what an earlier process began", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    keep(setup.server, LAYER, LAYER.bytes);
    const app = setup.registry.repository("app");
    await journal.repairs.begun({ ...PLACE, host: setup.server.host }, LAYER.descriptor);
    const unused: Hold = () => Promise.reject(new Error("held"));
    expect(await app.replace({ ...LAYER.descriptor, size: 5 }, unused)).toBe("existed");
    expect(steps(setup)).toEqual(["GET blob"]);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
  });

  it("deletes nothing where nothing is there, and mounts the blob from nowhere", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    setup.server.blobs.set(`other@${digest}`, LAYER.wrong);
    await journal.blobs.seen({ ...PLACE, host: setup.server.host, repository: "other" }, digest);
    expect(await setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER))).toBe("pushed");
    expect(steps(setup)).toEqual(["GET blob", "POST upload", "PUT upload", "GET blob"]);
    expect(setup.server.blobs.get(`app@${digest}`)).toEqual(LAYER.bytes);
  });

  it.each<[string, Partial<Readonly<Record<"hold" | "wrong" | "journal", true>>>, string]>([
    ["the replacement is not held", { hold: true }, "NETWORK"],
    ["other wrong bytes come than before", { wrong: true }, "DIGEST_MISMATCH"],
    ["the repair is not recorded", { journal: true }, "STORAGE"],
  ])("deletes nothing where %s", async (_, fault, code) => {
    const journal = new MemoryJournal();
    if (fault.journal) journal.repairs.begun = () => Promise.reject(new Error("no space left on device"));
    await using setup = await scriptedSetup(undefined, { journal });
    keep(setup.server, LAYER, LAYER.wrong);
    const broken: Hold = () => Promise.reject(Object.assign(new Error("broken"), { code: "NETWORK" }));
    const replacing = setup.registry.repository("app").replace(LAYER.descriptor, fault.hold ? broken : holding(LAYER), {
      wrong: fault.wrong ? sha256(Buffer.from("others")) : sha256(LAYER.wrong),
    });
    await expect(replacing).rejects.toMatchObject({ code });
    expect(steps(setup)).toEqual(fault.wrong ? ["GET blob"] : []);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
  });

  it("deletes nothing that another process has replaced while the replacement was fetched", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    for (const wrong of [undefined, sha256(LAYER.wrong)]) {
      keep(setup.server, LAYER, LAYER.wrong);
      const hold = holding(LAYER, () => keep(setup.server, LAYER, LAYER.bytes));
      expect(await setup.registry.repository("app").replace(LAYER.descriptor, hold, { wrong })).toBe("existed");
    }
    expect(steps(setup)).toEqual(["GET blob", "GET blob", "GET blob"]);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
  });

  it("deletes nothing where a web page comes in the place of the blob", async () => {
    const page = { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: "<html>log in" };
    await using setup = await scriptedSetup(({ path }) => (path === BLOB ? page : undefined));
    const replacing = setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER));
    await expect(replacing).rejects.toMatchObject({ code: "PROTOCOL" });
    expect(steps(setup)).toEqual(["GET blob"]);
  });

  it.each<[string, ScriptedAnswer]>([
    ["405 without a word", { status: 405 }],
    ["405 with an error", failed(405, "UNSUPPORTED")],
    ["a blob in use", failed(409, "DENIED")],
    ["403", failed(403, "DENIED")],
    ["400", failed(400, "UNSUPPORTED")],
    ["404 for a blob that it has", { status: 404, body: "404 page not found" }],
  ])("leaves a blob that the registry does not delete: %s", async (_, answer) => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(({ method }) => (method === "DELETE" ? answer : undefined), { journal });
    keep(setup.server, LAYER, LAYER.wrong);
    const replacing = setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER));
    await expect(replacing).rejects.toMatchObject({
      name: "RegistryError",
      message: expect.stringMatching(
        /^Cannot replace blob "sha256:\w+" in ".*\/app": the registry does not let the wrong bytes be deleted/,
      ),
    });
    expect(steps(setup).filter((step) => step.endsWith("upload"))).toEqual([]);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
    expect(await journal.profiles.facts(setup.server.host)).toEqual([]);
  });

  it.each([
    ["and was done", true],
    ["and was not done", false],
  ])("finds out what became of a deletion whose response was lost %s", async (_, done) => {
    const journal = new MemoryJournal();
    let server: ScriptedRegistry | undefined;
    await using setup = await scriptedSetup(
      async ({ method, breakAfter }) => {
        if (method !== "DELETE") return undefined;
        if (done) server?.blobs.delete(`app@${digest}`);
        await breakAfter(0);
        return "dropped";
      },
      { journal },
    );
    server = setup.server;
    keep(server, LAYER, LAYER.wrong);
    const replacing = setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER));
    if (done) expect(await replacing).toBe("pushed");
    else await expect(replacing).rejects.toMatchObject({ code: "NETWORK" });
    expect(server.blobs.get(`app@${digest}`)).toEqual(done ? LAYER.bytes : LAYER.wrong);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
  });

  it("remembers a host that keeps the wrong bytes, and deletes no further blob there, in later runs neither", async () => {
    const journal = new MemoryJournal();
    await using setup = await keepingSetup(journal);
    const others = ["one", "two", "three"].map((name) => sample(`the bytes of layer ${name}`));
    for (const one of [LAYER, ...others]) keep(setup.server, one, one.wrong);
    const app = setup.registry.repository("app");
    const kept = {
      code: "UNSUPPORTED",
      message: expect.stringMatching(/keeps the wrong bytes after a deletion .*mend its storage by hand/),
    };
    // At once: the first one decides for those that wait.
    const replacing = [LAYER, ...others].map((one) => app.replace(one.descriptor, holding(one)));
    for (const outcome of await Promise.allSettled(replacing)) expect(outcome).toMatchObject({ reason: kept });
    const deletions = () => setup.server.log.filter((line) => line.startsWith("DELETE"));
    expect(deletions()).toEqual([`DELETE ${BLOB}`]);
    expect(steps(setup).slice(-3)).toEqual(["GET blob", "GET blob", "GET blob"]);
    expect(await Array.fromAsync(journal.repairs.list())).toEqual([]);
    await setup.registry.close();

    await using later = await scriptedSetup(undefined, { host: setup.server.host, journal: journal.peer() });
    const again = later.registry.repository("app");
    await expect(again.replace(LAYER.descriptor, holding(LAYER))).rejects.toMatchObject(kept);
    expect(deletions()).toHaveLength(1);
    // Once its storage was mended by hand.
    keep(setup.server, LAYER, LAYER.bytes);
    expect(await again.replace(LAYER.descriptor, holding(LAYER))).toBe("existed");
  });

  it("leaves what was deleted and not uploaded to the next process, which finishes it", async () => {
    const journal = new MemoryJournal();
    let isDown = true;
    const script: Script = ({ method }) =>
      isDown && (method === "POST" || method === "PUT") ? failed(503, "UNAVAILABLE") : undefined;
    await using setup = await scriptedSetup(script, { journal, retry: { attempts: 2, baseDelayMs: 1 } });
    keep(setup.server, LAYER, LAYER.wrong);
    const replacing = setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER));
    await expect(replacing).rejects.toMatchObject({ status: 503 });
    expect(setup.server.blobs.has(`app@${digest}`)).toBe(false);
    await setup.registry.close();

    isDown = false;
    await using later = await scriptedSetup(undefined, { host: setup.server.host, journal: journal.peer() });
    expect(await later.registry.repository("other").pendingReplacements()).toEqual([]);
    const app = later.registry.repository("app");
    const [pending, ...rest] = await app.pendingReplacements();
    expect(pending).toMatchObject({ digest, size: LAYER.bytes.length });
    expect(rest).toEqual([]);
    expect(await app.replace(LAYER.descriptor, holding(LAYER))).toBe("pushed");
    expect(setup.server.blobs.get(`app@${digest}`)).toEqual(LAYER.bytes);
    expect(await app.pendingReplacements()).toEqual([]);
  });

  it("waits for a registry that shows a blob a moment late, and does not call it kept", async () => {
    let reads = 0;
    await using setup = await scriptedSetup(({ method, path }) => {
      if (method !== "GET" || path !== BLOB) return undefined;
      reads += 1;
      return reads === 2 || reads === 3 ? failed(404, "BLOB_UNKNOWN") : undefined;
    });
    keep(setup.server, LAYER, LAYER.wrong);
    expect(await setup.registry.repository("app").replace(LAYER.descriptor, holding(LAYER))).toBe("pushed");
    expect(reads).toBe(4);
  });
});

describe("readBack()", () => {
  it.each([0, 7, 20, 5000])(
    "hashes the whole of what is there, %i bytes, whatever the descriptor says",
    async (size) => {
      await using setup = await scriptedSetup();
      const stored = Buffer.alloc(size, "s");
      keep(setup.server, LAYER, stored);
      const found = await setup.registry.repository("app").readBack(LAYER.descriptor);
      expect(found).toEqual({ digest: sha256(stored), size });
    },
  );

  it("hashes one response alone: after a break it begins anew", async () => {
    let broken = false;
    await using setup = await scriptedSetup(({ path }) => {
      if (path !== BLOB || broken) return undefined;
      broken = true;
      return { status: 200, body: LAYER.wrong, breakAfter: 5 };
    });
    keep(setup.server, LAYER, LAYER.bytes);
    const found = await setup.registry.repository("app").readBack(LAYER.descriptor);
    expect(found).toEqual({ digest, size: LAYER.bytes.length });
    expect(setup.server.log).toEqual([`GET ${BLOB}`, `GET ${BLOB}`]);
  });
});
