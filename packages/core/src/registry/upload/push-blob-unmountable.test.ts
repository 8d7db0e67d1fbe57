import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BIG, blobOf, opening, SMALL, steps } from "../../../../../test/support/scripted-blobs.ts";
import type { Script } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";

/** As distribution 2.8 and 3.1 without a cache: the mount of a digest that is not sha256 is answered 201, and leaves a link to nothing. */
function breaksLinks(setup: () => ScriptedSetup): Script {
  return ({ method, path }) => {
    const [, into, digest = "", from] = /^\/v2\/(.+)\/blobs\/uploads\/\?mount=([^&]+)&from=(.+)$/.exec(path) ?? [];
    const mounted = decodeURIComponent(digest);
    const { blobs } = setup().server;
    if (method !== "POST" || mounted.startsWith("sha256:") || !blobs.has(`${from}@${mounted}`)) return undefined;
    blobs.delete(`${into}@${mounted}`);
    return { status: 201 };
  };
}

/** Claims to have mounted whatever is asked for. */
const CLAIMS: Script = ({ method, path }) =>
  method === "POST" && path.includes("mount=") ? { status: 201 } : undefined;

function sha512Of(bytes: Uint8Array): Descriptor {
  return { ...blobOf(bytes), digest: `sha512:${createHash("sha512").update(bytes).digest("hex")}` };
}

describe("push() of a blob with a sha512 digest", () => {
  it.each([
    ["small", SMALL],
    ["big", BIG],
  ])("mounts none that is %s, and never loses one that is there", async (_, bytes) => {
    const journal = new MemoryJournal();
    let setup: ScriptedSetup | undefined;
    await using opened = await scriptedSetup((request) => (setup ? breaksLinks(() => opened)(request) : undefined), {
      journal,
    });
    setup = opened;
    const blob = sha512Of(bytes);
    const push = (name: string, mountFrom: readonly string[] = []): Promise<unknown> =>
      opened.registry.repository(name).push(blob, opening(bytes), { mountFrom });
    const sent = ["HEAD blobs", "POST upload", "PUT upload"];
    expect(await push("app")).toBe("pushed");
    expect(await push("app")).toBe("existed");
    expect(await push("other", ["app"])).toBe("pushed");
    expect(await push("app", ["other"])).toBe("existed");
    expect(steps(opened.server)).toEqual([...sent, "HEAD blobs", ...sent, "HEAD blobs"]);
    expect([...opened.server.blobs.keys()]).toEqual([`app@${blob.digest}`, `other@${blob.digest}`]);
  });

  it("is not mounted either to find out what the host's 202 means", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    await app.push(sha512Of(SMALL), opening(SMALL));
    await app.push(blobOf(BIG), opening(BIG));
    expect(steps(setup.server).slice(3)).toEqual(["POST mount app", "HEAD blobs", "PUT upload"]);
  });
});

describe("push() anew", () => {
  it.each([
    ["is claimed by a mount", CLAIMS],
    ["is shown by HEAD too", (request) => (request.method === "HEAD" ? { status: 200 } : CLAIMS(request))],
  ] as const satisfies readonly (readonly [string, Script])[])("sends a blob that %s", async (_, script) => {
    await using setup = await scriptedSetup(script);
    const app = setup.registry.repository("app");
    expect(await app.push(blobOf(BIG), opening(BIG), { mountFrom: ["other"] })).toBe("mounted");
    expect(await app.push(blobOf(BIG), opening(BIG), { mountFrom: ["other"], anew: true })).toBe("pushed");
    expect(setup.server.blobs.get(`app@${blobOf(BIG).digest}`)).toEqual(BIG);
    expect(steps(setup.server).slice(1)).toEqual(["POST upload", "PUT upload"]);
  });

  it("mounts that blob no more in this process, and forgets who held it, for that blob alone", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    const push = (name: string, bytes: Uint8Array, options = {}): Promise<unknown> =>
      setup.registry.repository(name).push(blobOf(bytes), opening(bytes), options);
    for (const bytes of [SMALL, BIG]) await push("holder", bytes);
    await push("app", BIG, { anew: true });
    setup.server.log.length = 0;
    await push("third", BIG, { mountFrom: ["holder"] });
    expect(steps(setup.server)).toEqual(["HEAD blobs", "POST upload", "PUT upload"]);
    setup.server.log.length = 0;
    expect(await push("third", SMALL)).toBe("mounted");
    await setup.registry.close();
    await using next = await scriptedSetup(undefined, { host: setup.server.host, journal });
    setup.server.log.length = 0;
    await next.registry.repository("fourth").push(blobOf(BIG), opening(BIG));
    // Those that it was sent to since hold it.
    expect(steps(setup.server)[0]).toMatch(/^POST mount (app|third)$/);
  });
});
