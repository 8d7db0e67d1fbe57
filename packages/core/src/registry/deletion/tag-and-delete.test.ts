import { describe, expect, it } from "vitest";
import { CONFIG, hold, IMAGE, manifestOf } from "../../../../../test/support/scripted-manifests.ts";
import {
  failed,
  type ScriptedAnswer,
  type ScriptedRegistry,
  sha256,
} from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../content/media-types.ts";
import { digestOf } from "../../digest/digest.ts";
import { IncompleteListError } from "../../errors/errors.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";

describe("tag()", () => {
  it("puts the bytes under the tag, read only where they are not at hand", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server);
    const app = setup.registry.repository("app");
    await app.tag(IMAGE.descriptor, "v1");
    await app.tag(IMAGE.descriptor, "v2");
    const { digest } = IMAGE.descriptor;
    expect(setup.server.log).toEqual([
      `GET /v2/app/manifests/${digest}`,
      "PUT /v2/app/manifests/v1",
      "PUT /v2/app/manifests/v2",
    ]);
    expect(setup.server.manifests.get("app:v2")?.bytes).toEqual(IMAGE.bytes);
  });
});

describe("delete() and untag()", () => {
  it("delete() removes by digest", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server, "v1");
    const app = setup.registry.repository("app");
    await app.delete(IMAGE.descriptor);
    expect(setup.server.manifests.size).toBe(0);
    await expect(app.delete(IMAGE.descriptor)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(app.delete(CONFIG)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("untag() removes a tag by its name", async () => {
    await using setup = await scriptedSetup(({ method }) => (method === "DELETE" ? { status: 202 } : undefined));
    await setup.registry.repository("app").untag("v1");
    expect(setup.server.log).toEqual(["DELETE /v2/app/manifests/v1"]);
  });

  it("untag() removes by digest where that is refused and no other tag has the digest", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server, "v1");
    const other = manifestOf({ annotations: { other: "yes" } });
    for (let n = 0; n < 20; n += 1)
      setup.server.manifests.set(`app:other${n}`, { mediaType: OCI_MANIFEST, bytes: other.bytes });
    await setup.registry.repository("app").untag("v1");
    expect([...setup.server.manifests.keys()].filter((key) => !key.startsWith("app:other"))).toEqual([]);
  });

  it("untag() asks no further where it is to remove the tag alone, and once whether this is Azure", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server, "v1");
    const app = setup.registry.repository("app");
    for (let time = 0; time < 2; time += 1) {
      await expect(app.untag("v1", { byDigest: false })).rejects.toMatchObject({ code: "UNSUPPORTED", status: 400 });
    }
    expect(setup.server.log).toEqual([
      "DELETE /v2/app/manifests/v1",
      "GET /acr/v1/app/_tags?api-version=2021-07-01&n=1",
      "DELETE /v2/app/manifests/v1",
    ]);
  });

  it.each([
    ["404 with NOT_FOUND", failed(404, "NOT_FOUND")],
    ["404 with NAME_UNKNOWN", failed(404, "NAME_UNKNOWN")],
    ["404 with TAG_UNKNOWN", failed(404, "TAG_UNKNOWN")],
    ["404 in plain text", { status: 404, body: "404 page not found" }],
    ["405 with UNSUPPORTED", failed(405, "UNSUPPORTED")],
    ["405 without a body", { status: 405 }],
    ["202", { status: 202 }],
    ["200 with another list", { status: 200, body: JSON.stringify({ name: "app", tags: [] }) }],
    ["400", failed(400, "BAD_REQUEST")],
    ["401", failed(401, "UNAUTHORIZED")],
    ["403", failed(403, "DENIED")],
  ])("untag() asks a host that answers Azure's path with %s no deletion of Azure's", async (_, answer) => {
    await using setup = await scriptedSetup(({ path }) => (path.startsWith("/acr/") ? answer : undefined));
    hold(setup.server, "v1", "latest");
    const app = setup.registry.repository("app");
    for (const byDigest of [false, true])
      await expect(app.untag("v1", { byDigest })).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining("the registry deletes by digest only"),
      });
    expect(setup.server.manifests.has("app:v1")).toBe(true);
    setup.server.manifests.delete("app:latest");
    await app.untag("v1");
    expect([...setup.server.manifests.keys()]).toEqual([]);
    expect(setup.server.log.filter((line) => line.startsWith("DELETE /acr/"))).toEqual([]);
  });

  it("untag() takes what an earlier run found of Azure for no proof", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(
      ({ path }) => (path.startsWith("/acr/") ? failed(404, "TAG_UNKNOWN") : undefined),
      { journal },
    );
    await journal.profiles.learned(setup.server.host, "tagDetails", "acr", { keepMs: 60_000 });
    hold(setup.server, "v1");
    await setup.registry.repository("app").untag("v1");
    expect([...setup.server.manifests.keys()]).toEqual([]);
    expect(setup.server.log.filter((line) => line.startsWith("DELETE /acr/"))).toEqual([]);
  });

  it("untag() takes a 404 for the end of the tag only where the tag is not found", async () => {
    await using setup = await scriptedSetup(({ method, path }) =>
      method === "DELETE" && !path.includes("sha256:") ? failed(404, "MANIFEST_UNKNOWN") : undefined,
    );
    hold(setup.server, "v1");
    const app = setup.registry.repository("app");
    await expect(app.untag("v1", { byDigest: false })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      status: undefined,
    });
    await app.untag("v1");
    expect([...setup.server.manifests.keys()]).toEqual([]);
    await expect(app.untag("v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", status: 404 });
  });

  it.each([
    ["HEAD", 200],
    ["GET alone, which answers HEAD with 404", 404],
    ["GET alone, which answers HEAD with 405", 405],
  ])("delete() takes a 404 for the end of content only where it is not found by %s", async (_, head) => {
    await using setup = await scriptedSetup(({ method }) => {
      if (method === "HEAD" && head !== 200) return { status: head };
      return method === "DELETE" ? { status: 404, body: "404 page not found" } : undefined;
    });
    hold(setup.server, "v1");
    setup.server.blobs.set(`app@${CONFIG.digest}`, Buffer.from("{}"));
    const app = setup.registry.repository("app");
    for (const content of [IMAGE.descriptor, CONFIG])
      await expect(app.delete(content)).rejects.toMatchObject({
        code: "UNSUPPORTED",
        status: undefined,
        message: expect.stringContaining("still has it"),
      });
  });

  it("untag() removes a tag at Azure by its own request, and says what is locked", async () => {
    await using setup = await scriptedSetup(({ method, path }) => {
      if (path.startsWith("/v2/app/manifests/")) return { status: 405 };
      if (method === "GET") return { status: 200, body: JSON.stringify({ registry: "r", imageName: "app", tags: [] }) };
      return path.startsWith("/acr/v1/app/_tags/v1") ? { status: 202 } : failed(405, "UNSUPPORTED");
    });
    const app = setup.registry.repository("app");
    await app.untag("v1");
    await expect(app.untag("v2")).rejects.toMatchObject({
      code: "LOCKED",
      message: expect.stringContaining('Cannot delete tag "v2"'),
    });
    expect(setup.server.log.slice(1)).toEqual([
      "GET /acr/v1/app/_tags?api-version=2021-07-01&n=1",
      "DELETE /acr/v1/app/_tags/v1?api-version=2021-07-01",
      "DELETE /acr/v1/app/_tags/v2?api-version=2021-07-01",
    ]);
  });

  it("untag() refuses to remove another tag with it", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server, "v1", "latest");
    const untagging = setup.registry.repository("app").untag("v1");
    await expect(untagging).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"latest"'),
    });
    expect(setup.server.manifests.size).toBe(3);
  });

  it("untag() refuses to break an index of another tag, also one that holds it two levels down", async () => {
    for (const levels of [1, 2]) {
      await using setup = await scriptedSetup();
      hold(setup.server, "v1");
      let { digest, size, mediaType } = IMAGE.descriptor;
      for (let level = 1; level <= levels; level += 1) {
        const bytes = Buffer.from(
          JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ mediaType, digest, size }] }),
        );
        ({ digest, size, mediaType } = { digest: sha256(bytes), size: bytes.length, mediaType: OCI_INDEX });
        setup.server.manifests.set(`app@${digest}`, { mediaType, bytes });
        if (level === levels) setup.server.manifests.set("app:multi", { mediaType, bytes });
      }
      const held = setup.server.manifests.size;
      await expect(setup.registry.repository("app").untag("v1")).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining('the index of tag "multi" contains it'),
      });
      expect(setup.server.manifests.size).toBe(held);
    }
  });
});

describe("untag() by digest", () => {
  /** `app` with v1, another tag of another image, and a list that the script may change. */
  async function setupOf(
    tags: (times: number) => ScriptedAnswer,
    other: (times: number) => boolean,
  ): Promise<ScriptedSetup> {
    const times = { lists: 0, other: 0 };
    const setup = await scriptedSetup(({ method, path }) => {
      if (path.includes("/tags/list")) return tags(times.lists++);
      if (method !== "DELETE" && path.endsWith("/other") && !other(times.other++))
        return failed(404, "MANIFEST_UNKNOWN");
      return undefined;
    });
    hold(setup.server, "v1");
    const { bytes } = manifestOf({ annotations: { of: "other" } });
    setup.server.manifests.set("app:other", { mediaType: OCI_MANIFEST, bytes });
    return setup;
  }
  const list = (...names: readonly string[]): ScriptedAnswer => ({
    status: 200,
    body: JSON.stringify({ tags: names }),
  });
  const deleted = ({ server }: ScriptedSetup) => server.log.some((line) => /^DELETE .*sha256:/.test(line));

  it.each<readonly [string, ScriptedAnswer]>([
    ["a Link without <>", { ...list("v1", "other"), headers: { link: '/v2/app/tags/list?last=v1; rel="next"' } }],
    ["a Link to itself", { ...list("v1", "other"), headers: { link: '</v2/app/tags/list?n=1000>; rel="next"' } }],
  ])("deletes nothing where the list of tags may lack one: %s", async (_, answer) => {
    await using setup = await setupOf(
      () => answer,
      () => true,
    );
    await expect(setup.registry.repository("app").untag("v1")).rejects.toBeInstanceOf(IncompleteListError);
    expect(deleted(setup)).toBe(false);
  });

  it("deletes nothing while another tag has no manifest, unless that is to be ignored", async () => {
    await using setup = await setupOf(
      () => list("v1", "other"),
      () => false,
    );
    const app = setup.registry.repository("app");
    await expect(app.untag("v1")).rejects.toMatchObject({
      code: "BROKEN_TAG",
      message: expect.stringMatching(
        /^Cannot delete tag "v1" from "\S+\/app": a tag is listed and has no manifest \(404\): "other"; /,
      ),
    });
    expect(deleted(setup)).toBe(false);
    await app.untag("v1", { ignoreBrokenTags: true });
    expect(deleted(setup)).toBe(true);
  });

  it("goes on where that tag is gone from the second list, and not where the second list may lack tags", async () => {
    await using gone = await setupOf(
      (times) => (times === 0 ? list("v1", "other") : list("v1")),
      () => false,
    );
    await gone.registry.repository("app").untag("v1");
    expect(deleted(gone)).toBe(true);
    const cut = { ...list("v1"), headers: { link: "elsewhere" } };
    await using doubtful = await setupOf(
      (times) => (times === 0 ? list("v1", "other") : cut),
      () => false,
    );
    await expect(doubtful.registry.repository("app").untag("v1")).rejects.toBeInstanceOf(IncompleteListError);
    expect(deleted(doubtful)).toBe(false);
  });

  it("reads a tag that has a manifest when it is looked for again", async () => {
    // HEAD and GET of the first look.
    await using setup = await setupOf(
      () => list("v1", "other"),
      (times) => times > 1,
    );
    setup.server.manifests.set("app:other", { mediaType: OCI_MANIFEST, bytes: IMAGE.bytes });
    await expect(setup.registry.repository("app").untag("v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('tag "other" has the same digest'),
    });
    expect(deleted(setup)).toBe(false);
  });

  /** `app` with v1 and an index under "multi"; `change` happens when the index was read. */
  async function changing(change: (server: ScriptedRegistry) => void): Promise<ScriptedSetup> {
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }));
    let reads = 0;
    const setup = await scriptedSetup(({ method, path }) => {
      if (method === "GET" && path.includes("/manifests/sha256:") && reads++ === 0) change(setup.server);
      return undefined;
    });
    hold(setup.server, "v1");
    const entry = { mediaType: OCI_INDEX, bytes: index };
    setup.server.manifests.set("app:multi", entry).set(`app@${sha256(index)}`, entry);
    return setup;
  }

  it("looks again where indexes were read: a tag that was moved onto the manifest meanwhile keeps it", async () => {
    await using setup = await changing(({ manifests }) => {
      manifests.set("app:a-first", { mediaType: OCI_MANIFEST, bytes: IMAGE.bytes });
    });
    await expect(setup.registry.repository("app").untag("v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('tag "a-first" has the same digest'),
    });
    expect(deleted(setup)).toBe(false);
  });

  it("looks again where indexes were read: a new index that contains the manifest keeps it", async () => {
    await using setup = await changing(({ manifests }) => {
      const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [IMAGE.descriptor] };
      const bytes = Buffer.from(JSON.stringify(document));
      manifests.set("app:a-first", { mediaType: OCI_INDEX, bytes });
      manifests.set(`app@${sha256(bytes)}`, { mediaType: OCI_INDEX, bytes });
    });
    await expect(setup.registry.repository("app").untag("v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('the index of tag "a-first" contains it'),
    });
    expect(deleted(setup)).toBe(false);
  });

  it.each([
    [
      "moved",
      (manifests: ScriptedRegistry["manifests"]) =>
        manifests.set("app:v1", { mediaType: OCI_MANIFEST, bytes: manifestOf({ annotations: { of: "new" } }).bytes }),
    ],
    ["deleted", (manifests: ScriptedRegistry["manifests"]) => manifests.delete("app:v1")],
  ])("deletes nothing where the tag itself was %s meanwhile", async (_, change) => {
    await using setup = await changing(({ manifests }) => void change(manifests));
    await expect(setup.registry.repository("app").untag("v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("the tag was moved or deleted meanwhile"),
    });
    expect(deleted(setup)).toBe(false);
  });

  it("asks for the tag right before the DELETE, and lists once where there is no index", async () => {
    await using setup = await setupOf(
      () => list("v1", "other"),
      () => true,
    );
    await setup.registry.repository("app").untag("v1");
    const { log } = setup.server;
    expect(log.filter((line) => line.includes("/tags/list"))).toHaveLength(1);
    expect(log.slice(-2)).toEqual(["HEAD /v2/app/manifests/v1", `DELETE /v2/app/manifests/${IMAGE.descriptor.digest}`]);
  });

  it.each([
    [400, "the registry deletes by digest only, and the tag has no manifest (404)"],
    [404, "it is listed and has no manifest (404), and the registry answers 404 to its deletion too"],
  ])("says what a tag without a manifest is where its deletion is answered with %i", async (status, message) => {
    await using setup = await scriptedSetup(({ method, path }) => {
      if (method === "DELETE") return failed(status, status === 400 ? "UNSUPPORTED" : "MANIFEST_UNKNOWN");
      return path.includes("/tags/list") ? list("v1") : failed(404, "MANIFEST_UNKNOWN");
    });
    const app = setup.registry.repository("app");
    await expect(app.untag("v1")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining(message),
    });
    await expect(app.untag("never")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", status: 404 });
  });
});

describe("a manifest with a sha512 digest", () => {
  it("goes under no tag, which would stand for something else then, and nothing is sent", async () => {
    await using setup = await scriptedSetup();
    const digest = digestOf(IMAGE.bytes, "sha512");
    const descriptor = { ...IMAGE.descriptor, digest };
    const open = async () =>
      (async function* () {
        yield IMAGE.bytes;
      })();
    const pushing = setup.registry.repository("app").push(descriptor, open, { reference: "v1" });
    await expect(pushing).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(setup.server.log).toEqual([]);
  });
});
