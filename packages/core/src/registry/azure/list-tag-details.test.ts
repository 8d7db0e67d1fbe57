import { describe, expect, it } from "vitest";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const NAMES = Array.from({ length: 12 }, (_, at) => `v${at}`);
const acrTag = (name: string) => ({
  name,
  digest: DIGEST,
  createdTime: "2026-01-01T00:00:00Z",
  lastUpdateTime: "2026-01-02T03:04:05Z",
});

describe("listedTags()", () => {
  it("takes the digests and times of Google's list, and asks for nothing else", async () => {
    await using setup = await scriptedSetup(() => ({
      status: 200,
      body: JSON.stringify({
        tags: [...NAMES, "untold"],
        manifest: { [DIGEST]: { tag: NAMES, timeUploadedMs: "1700000000000" }, "no digest": {} },
      }),
    }));
    const tags = await Array.fromAsync(setup.registry.repository("app").listedTags());
    expect(tags).toHaveLength(13);
    expect(tags[0]).toEqual({ name: "v0", digest: DIGEST, time: new Date(1_700_000_000_000) });
    expect(tags[12]).toEqual({ name: "untold" });
    expect(setup.server.log).toEqual(["GET /v2/app/tags/list?n=1000"]);
  });

  it("finds Azure's list by asking for it, and then asks for nothing else", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      if (path.startsWith("/v2/")) return { status: 200, body: JSON.stringify({ tags: NAMES }) };
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ registry: "r", imageName: "app", tags: NAMES.map(acrTag) }),
      };
    });
    for (const name of ["app", "other"]) {
      const tags = await Array.fromAsync(setup.registry.repository(name).listedTags());
      expect(tags[3]).toEqual({ name: "v3", digest: DIGEST, time: new Date("2026-01-02T03:04:05Z") });
    }
    expect(setup.server.log.map((line) => line.split("?")[0])).toEqual([
      "GET /v2/app/tags/list",
      "GET /acr/v1/app/_tags",
      "GET /acr/v1/other/_tags",
    ]);
  });

  it("asks once, and not for a few tags; names alone where no list says more", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      if (path.startsWith("/v2/few/")) return { status: 200, body: JSON.stringify({ tags: ["v1"] }) };
      if (path.startsWith("/v2/")) return { status: 200, body: JSON.stringify({ tags: NAMES }) };
      return { status: 404, body: "404 page not found" };
    });
    for (const name of ["few", "app", "other"]) {
      const tags = await Array.fromAsync(setup.registry.repository(name).listedTags());
      expect(tags).toEqual((name === "few" ? ["v1"] : NAMES).map((tag) => ({ name: tag })));
    }
    expect(setup.server.log.filter((line) => line.includes("/acr/"))).toHaveLength(1);
  });

  it("goes on with names where Azure's list is refused to these credentials", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.startsWith("/v2/")
        ? { status: 200, body: JSON.stringify({ tags: NAMES }) }
        : { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' },
    );
    const tags = await Array.fromAsync(setup.registry.repository("app").listedTags());
    expect(tags).toEqual(NAMES.map((name) => ({ name })));
  });

  it.each([
    ["malformed", 400, 2],
    ["unknown", 404, 1],
  ])(
    "asks for digests still where a request for Azure's list, made for an untag(), was %s",
    async (_, status, asked) => {
      await using setup = await scriptedSetup(({ method, path }) => {
        if (method === "DELETE") return { status: 405, body: "" };
        if (path.startsWith("/acr/"))
          return { status: path.endsWith("n=1") ? status : 404, body: "404 page not found" };
        const manifest = path.startsWith("/v2/google/") ? { [DIGEST]: { tag: NAMES } } : undefined;
        return { status: 200, body: JSON.stringify({ tags: NAMES, manifest }) };
      });
      const app = setup.registry.repository("app");
      for (const tag of ["v1", "v2"])
        await expect(app.untag(tag, { byDigest: false })).rejects.toMatchObject({ code: "UNSUPPORTED" });
      expect(await Array.fromAsync(app.listedTags())).toEqual(NAMES.map((name) => ({ name })));
      // Once for the deletions, and once for the list where the first answer did not settle that too.
      expect(setup.server.log.filter((line) => line.includes("/acr/"))).toHaveLength(asked);
      const [first] = await Array.fromAsync(setup.registry.repository("google").listedTags());
      expect(first).toEqual({ name: "v0", digest: DIGEST });
    },
  );
});
