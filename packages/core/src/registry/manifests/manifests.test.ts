import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CONFIG, hold, IMAGE, manifestOf } from "../../../../../test/support/scripted-manifests.ts";
import { failed, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { DOCKER_MANIFEST, DOCKER_SCHEMA1_SIGNED, OCI_MANIFEST } from "../../content/media-types.ts";

describe("resolve()", () => {
  it("takes one HEAD", async () => {
    await using setup = await scriptedSetup();
    hold(setup.server, "v1");
    expect(await setup.registry.repository("app").resolve("v1")).toEqual(IMAGE.descriptor);
    expect(setup.server.log).toEqual(["HEAD /v2/app/manifests/v1"]);
  });

  it.each(["docker-content-digest", "content-type", "content-length"])(
    "reads the manifest where %s is missing",
    async (missing) => {
      await using setup = await scriptedSetup(({ method }) => {
        if (method !== "HEAD") return undefined;
        const headers = Object.entries({
          "docker-content-digest": IMAGE.descriptor.digest,
          "content-type": OCI_MANIFEST,
          "content-length": IMAGE.bytes.length,
        }).filter(([name]) => name !== missing);
        return {
          status: 200,
          headers: {
            ...Object.fromEntries(headers),
            ...(missing === "content-length" && { "transfer-encoding": "chunked" }),
          },
        };
      });
      hold(setup.server, "v1");
      expect(await setup.registry.repository("app").resolve("v1")).toEqual(IMAGE.descriptor);
      expect(setup.server.log).toEqual(["HEAD /v2/app/manifests/v1", "GET /v2/app/manifests/v1"]);
    },
  );

  it("reads the manifest where HEAD is not supported", async () => {
    await using setup = await scriptedSetup(({ method }) => (method === "HEAD" ? { status: 405 } : undefined));
    hold(setup.server, "v1");
    expect(await setup.registry.repository("app").resolve("v1")).toEqual(IMAGE.descriptor);
    expect(await setup.registry.repository("app").has(IMAGE.descriptor)).toBe(true);
  });

  it("says MANIFEST_UNKNOWN, and has() false, for what is not there", async () => {
    await using setup = await scriptedSetup();
    const resolving = setup.registry.repository("app").resolve("v1");
    await expect(resolving).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN", status: 404 });
    expect(await setup.registry.repository("app").has(IMAGE.descriptor)).toBe(false);
  });

  it("refuses what is neither a tag nor a digest", async () => {
    await using setup = await scriptedSetup();
    await expect(setup.registry.repository("app").resolve("../../v1")).rejects.toThrow(SyntaxError);
    expect(() => setup.registry.repository("../app")).toThrow(SyntaxError);
    expect(setup.server.log).toEqual([]);
  });
});

describe("open()", () => {
  it("gives the exact bytes, and the media type of the response where the body has none", async () => {
    const { bytes } = manifestOf();
    await using setup = await scriptedSetup();
    setup.server.manifests.set("app:v1", { mediaType: `${DOCKER_MANIFEST}; charset=utf-8`, bytes });
    const content = await setup.registry.repository("app").open("v1");
    expect(content.bytes).toEqual(bytes);
    expect(content.descriptor).toEqual({ mediaType: DOCKER_MANIFEST, digest: sha256(bytes), size: bytes.length });
    expect(setup.server.log).toEqual(["GET /v2/app/manifests/v1"]);
  });

  it("refuses bytes that are not those of the digest asked for, or of the digest header", async () => {
    const other = `sha256:${"0".repeat(64)}`;
    await using setup = await scriptedSetup(({ path }) =>
      path.endsWith(other)
        ? { status: 200, headers: { "content-type": OCI_MANIFEST }, body: IMAGE.bytes }
        : { status: 200, headers: { "content-type": OCI_MANIFEST, "docker-content-digest": other }, body: IMAGE.bytes },
    );
    const app = setup.registry.repository("app");
    await expect(app.open(other)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    await expect(app.open("v1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    await expect(app.open(IMAGE.descriptor.digest)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("checks a sha512 digest", async () => {
    const digest = `sha512:${createHash("sha512").update(IMAGE.bytes).digest("hex")}` as const;
    await using setup = await scriptedSetup(() => ({
      status: 200,
      headers: { "content-type": OCI_MANIFEST, "docker-content-digest": digest },
      body: IMAGE.bytes,
    }));
    expect((await setup.registry.repository("app").open(digest)).descriptor.digest).toBe(digest);
    expect((await setup.registry.repository("app").open("v1")).descriptor.digest).toBe(digest);
  });

  it.each(["with its length", "without"])("refuses a manifest over 4 MiB %s", async (how) => {
    const headers = { "content-type": OCI_MANIFEST, ...(how === "without" && { "transfer-encoding": "chunked" }) };
    await using setup = await scriptedSetup(() => ({
      status: 200,
      headers,
      body: Buffer.alloc(4 * 1024 * 1024 + 1, " "),
    }));
    const opening = setup.registry.repository("app").open("v1");
    await expect(opening).rejects.toMatchObject({ code: "MANIFEST_TOO_LARGE" });
    expect(setup.server.log).toHaveLength(1);
  });

  it("refuses schema 1 by its name, whatever its digest", async () => {
    const headers = { "content-type": DOCKER_SCHEMA1_SIGNED, "docker-content-digest": IMAGE.descriptor.digest };
    await using setup = await scriptedSetup(() => ({ status: 200, headers, body: '{"schemaVersion": 1}' }));
    await expect(setup.registry.repository("app").open("v1")).rejects.toMatchObject({ code: "MANIFEST_UNSUPPORTED" });
  });

  it("reads again when the body breaks off", async () => {
    let breaks = 0;
    await using setup = await scriptedSetup(() => {
      breaks += 1;
      if (breaks > 1) return undefined;
      return { status: 200, headers: { "content-type": OCI_MANIFEST }, body: IMAGE.bytes, breakAfter: 20 };
    });
    hold(setup.server, "v1");
    expect((await setup.registry.repository("app").open("v1")).bytes).toEqual(IMAGE.bytes);
  });
});

describe("push() of a manifest", () => {
  it.each([307, 308])("follows a redirected PUT of a manifest, by tag and by digest (%i)", async (status) => {
    await using setup = await scriptedSetup(({ method, path }) =>
      method === "PUT" && path.startsWith("/v2/app/manifests/")
        ? { status, headers: { location: path.replace("/app/", "/moved/") } }
        : undefined,
    );
    const app = setup.registry.repository("app");
    expect(await app.push(IMAGE.descriptor, IMAGE.open, { reference: "v1" })).toBe("pushed");
    expect(await app.push(IMAGE.descriptor, IMAGE.open)).toBe("pushed");
    const { digest, mediaType, size } = IMAGE.descriptor;
    for (const key of ["moved:v1", `moved@${digest}`]) {
      const stored = setup.server.manifests.get(key);
      expect([stored?.mediaType, stored?.bytes.length]).toEqual([mediaType, size]);
    }
  });

  it("puts the exact bytes once, under the tag or the digest", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    expect(await app.push(IMAGE.descriptor, IMAGE.open, { reference: "v1" })).toBe("pushed");
    expect(await app.push(IMAGE.descriptor, IMAGE.open)).toBe("pushed");
    expect(setup.server.log).toEqual(["PUT /v2/app/manifests/v1", `PUT /v2/app/manifests/${IMAGE.descriptor.digest}`]);
    expect(setup.server.manifests.get("app:v1")).toEqual({ mediaType: OCI_MANIFEST, bytes: IMAGE.bytes });
  });

  it("is repeated after a failure that may pass", async () => {
    let failures = 0;
    await using setup = await scriptedSetup(() => {
      failures += 1;
      return failures === 1 ? failed(502, "BAD_GATEWAY") : undefined;
    });
    expect(await setup.registry.repository("app").push(IMAGE.descriptor, IMAGE.open)).toBe("pushed");
  });

  it("refuses wrong bytes before anything is sent", async () => {
    await using setup = await scriptedSetup();
    const pushing = setup.registry
      .repository("app")
      .push(IMAGE.descriptor, manifestOf({ annotations: { a: "b" } }).open);
    await expect(pushing).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
    expect(setup.server.log).toEqual([]);
  });

  it("refuses an answer with another digest", async () => {
    await using setup = await scriptedSetup(() => ({
      status: 201,
      headers: { "docker-content-digest": CONFIG.digest },
    }));
    const pushing = setup.registry.repository("app").push(IMAGE.descriptor, IMAGE.open);
    await expect(pushing).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("takes the refusal of an immutable tag for a success when the tag has that digest already", async () => {
    await using setup = await scriptedSetup(({ method }) =>
      method === "PUT" ? failed(400, "TAG_INVALID") : undefined,
    );
    const app = setup.registry.repository("app");
    await expect(app.push(IMAGE.descriptor, IMAGE.open, { reference: "v1" })).rejects.toMatchObject({ status: 400 });
    hold(setup.server, "v1");
    expect(await app.push(IMAGE.descriptor, IMAGE.open, { reference: "v1" })).toBe("existed");
  });

  it("names the registry's reason", async () => {
    await using setup = await scriptedSetup(() => failed(404, "MANIFEST_BLOB_UNKNOWN"));
    const pushing = setup.registry.repository("app").push(IMAGE.descriptor, IMAGE.open, { reference: "v1" });
    await expect(pushing).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      message: expect.stringMatching(
        /^Cannot push manifest "sha256:.*" to ".*\/app" under "v1": manifest_blob_unknown \(404\)$/,
      ),
    });
    expect(setup.server.log).toHaveLength(1);
  });
});
