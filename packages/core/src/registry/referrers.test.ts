import { describe, expect, it } from "vitest";
import { failed, sha256 } from "../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../test/support/scripted-setup.ts";
import type { Descriptor } from "../content/descriptor.ts";
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from "../content/media-types.ts";
import type { RegistryStore } from "./registry-store.ts";

const SUBJECT: Descriptor = { mediaType: OCI_MANIFEST, digest: sha256(Buffer.from("subject")), size: 7 };
const TAG = SUBJECT.digest.replace(":", "-");

function artifact(n: number): { readonly bytes: Buffer; readonly descriptor: Descriptor; readonly listed: Descriptor } {
  const artifactType = n % 2 === 0 ? "application/even" : "application/odd";
  const config = { mediaType: OCI_EMPTY, digest: sha256(Buffer.from("{}")), size: 2 };
  const annotations = { number: String(n) };
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config,
    layers: [],
    subject: SUBJECT,
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const descriptor = { mediaType: OCI_MANIFEST, digest: sha256(bytes), size: bytes.length };
  return { bytes, descriptor, listed: { ...descriptor, artifactType, annotations } };
}

function push(store: RegistryStore, n: number): Promise<unknown> {
  const { bytes, descriptor } = artifact(n);
  return store.push(descriptor, async () =>
    (async function* () {
      yield bytes;
    })(),
  );
}

function index(...referrers: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers });
}

describe("push() of a manifest with a subject", () => {
  it("does nothing more where the answer has OCI-Subject", async () => {
    await using setup = await scriptedSetup(() => ({ status: 201, headers: { "oci-subject": SUBJECT.digest } }));
    await push(setup.registry.repository("app"), 1);
    expect(setup.server.log).toHaveLength(1);
  });

  it("adds it to the referrers tag otherwise, and reads that again", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    await push(app, 1);
    expect(setup.server.log.slice(1)).toEqual([
      `GET /v2/app/manifests/${TAG}`,
      `PUT /v2/app/manifests/${TAG}`,
      `GET /v2/app/manifests/${TAG}`,
    ]);
    await push(app, 2);
    await push(app, 1);
    const listed = JSON.parse(Buffer.from(setup.server.manifests.get(`app:${TAG}`)?.bytes ?? "").toString());
    expect(listed).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [artifact(1).listed, artifact(2).listed],
    });
  });

  it("merges again what another writer put in between", async () => {
    let overwritten = false;
    await using setup = await scriptedSetup(async ({ method, path, body }) => {
      if (method !== "PUT" || !path.endsWith(TAG) || overwritten) return undefined;
      overwritten = true;
      await body();
      setup.server.manifests.set(`app:${TAG}`, { mediaType: OCI_INDEX, bytes: Buffer.from(index(artifact(2).listed)) });
      return { status: 201 };
    });
    const app = setup.registry.repository("app");
    await push(app, 1);
    expect(await Array.fromAsync(app.referrers(SUBJECT))).toEqual([artifact(2).listed, artifact(1).listed]);
  });

  it("loses none of many at once", async () => {
    await using setup = await scriptedSetup();
    const here = setup.registry.repository("app");
    await Promise.all(Array.from({ length: 20 }, (_, n) => push(here, n)));
    expect(await Array.fromAsync(here.referrers(SUBJECT))).toHaveLength(20);
    // A merge brings along those that wait: far fewer PUTs of the tag than referrers.
    expect(setup.server.log.filter((line) => line === `PUT /v2/app/manifests/${TAG}`).length).toBeLessThan(10);
  });

  it("does not overwrite a tag of that name that is no index", async () => {
    await using setup = await scriptedSetup();
    const { bytes } = artifact(7);
    setup.server.manifests.set(`app:${TAG}`, { mediaType: OCI_MANIFEST, bytes });
    await expect(push(setup.registry.repository("app"), 1)).rejects.toMatchObject({ code: "MANIFEST_UNSUPPORTED" });
    expect(setup.server.manifests.get(`app:${TAG}`)?.bytes).toEqual(bytes);
  });
});

describe("referrers()", () => {
  it("follows the pages of the API, adds what only the tag lists, each once", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      if (!path.includes("/referrers/")) return undefined;
      const headers = { "content-type": OCI_INDEX };
      if (path.includes("page=2")) return { status: 200, headers, body: index(artifact(2).listed) };
      return {
        status: 200,
        headers: { ...headers, link: `<${path}?page=2>; rel="next"` },
        body: index(artifact(1).listed),
      };
    });
    const bytes = Buffer.from(index(artifact(2).listed, artifact(3).listed));
    setup.server.manifests.set(`app:${TAG}`, { mediaType: OCI_INDEX, bytes });
    const listed = await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    expect(listed).toEqual([artifact(1).listed, artifact(2).listed, artifact(3).listed]);
  });

  it("filters by artifact type itself", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("/referrers/") ? { status: 200, body: index(artifact(1).listed, artifact(2).listed) } : undefined,
    );
    const options = { artifactType: "application/even" };
    const listed = await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT, options));
    expect(listed).toEqual([artifact(2).listed]);
    expect(setup.server.log[0]).toMatch(/\?artifactType=application%2Feven$/);
  });

  it("remembers that there is no API", async () => {
    await using setup = await scriptedSetup();
    expect(await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT))).toEqual([]);
    expect(await Array.fromAsync(setup.registry.repository("other").referrers(SUBJECT))).toEqual([]);
    expect(setup.server.log).toEqual([
      `GET /v2/app/referrers/${SUBJECT.digest}`,
      `GET /v2/app/manifests/${TAG}`,
      `GET /v2/other/manifests/${TAG}`,
    ]);
  });

  it("does not conclude that from a repository that is not there", async () => {
    await using setup = await scriptedSetup(() => failed(404, "NAME_UNKNOWN"));
    await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    expect(setup.server.log.filter((line) => line.includes("/referrers/"))).toHaveLength(2);
  });

  it("asks for no referrers tag that a list of the tags lacks", async () => {
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("/referrers/") ? { status: 404, body: "404 page not found" } : undefined,
    );
    const app = setup.registry.repository("app");
    setup.server.manifests.set(`app:${TAG}`, { mediaType: OCI_INDEX, bytes: Buffer.from(index(artifact(1).listed)) });
    expect(await Array.fromAsync(app.referrers(SUBJECT, { tags: new Set(["v1", TAG]) }))).toHaveLength(1);
    const asked = setup.server.log.length;
    expect(await Array.fromAsync(app.referrers(SUBJECT, { tags: new Set(["v1"]) }))).toEqual([]);
    expect(setup.server.log).toHaveLength(asked);
  });
});
