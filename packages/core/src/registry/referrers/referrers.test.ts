import { afterEach, describe, expect, it, vi } from "vitest";
import { failed, type ScriptedAnswer, sha256 } from "../../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from "../../content/media-types.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import type { RegistryStore } from "../registry-store.ts";

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

function apiRequests({ server }: { readonly server: { readonly log: readonly string[] } }): readonly string[] {
  return server.log.filter((line) => line.includes("/referrers/"));
}

afterEach(() => {
  vi.useRealTimers();
});

function index(...referrers: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: referrers });
}

describe("referrers(), page by page", () => {
  const [one, two] = [artifact(1).listed, artifact(2).listed];

  function paged(answers: (cursor: string | null) => ScriptedAnswer): Promise<ScriptedSetup> {
    return scriptedSetup(({ path }) => {
      if (!path.includes("/referrers/")) return failed(404, "MANIFEST_UNKNOWN");
      const { headers, ...answer } = answers(new URL(path, "http://registry").searchParams.get("cursor"));
      return { ...answer, headers: { "content-type": OCI_INDEX, ...headers } };
    });
  }
  const next = (cursor: string) => ({ link: `<?cursor=${cursor}>; rel="next"` });

  it("follows Links through empty pages, and gives each once", async () => {
    await using setup = await paged((cursor) => {
      if (cursor === null) return { status: 200, headers: next("1"), body: index(one) };
      return cursor === "1"
        ? { status: 200, headers: next("2"), body: index() }
        : { status: 200, body: index(one, two) };
    });
    const listed = await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    expect(listed.map(({ digest }) => digest)).toEqual([one.digest, two.digest]);
  });

  it.each<readonly [string, (cursor: string | null) => ScriptedAnswer, RegExp]>([
    [
      "a Link without <>",
      () => ({ status: 200, headers: { link: '?cursor=1; rel="next"' }, body: index(one) }),
      /Link header/,
    ],
    ["a page that comes again", () => ({ status: 200, headers: next("1"), body: index(one) }), /circle/],
    [
      "a later page that is missing",
      (cursor) => (cursor === null ? { status: 200, headers: next("1"), body: index(one) } : failed(404, "NOT_FOUND")),
      /Cannot list the referrers/,
    ],
    [
      "a later page that is no index",
      (cursor) =>
        cursor === null
          ? { status: 200, headers: next("1"), body: index(one) }
          : {
              status: 200,
              headers: { "content-type": OCI_MANIFEST },
              body: JSON.stringify({ ...JSON.parse(String(artifact(1).bytes)), mediaType: undefined }),
            },
      /Cannot read manifest/,
    ],
  ])("fails after what came where the end is not proven: %s", async (_, answers, message) => {
    await using setup = await paged(answers);
    const listed: Descriptor[] = [];
    const reading = (async () => {
      for await (const referrer of setup.registry.repository("app").referrers(SUBJECT)) listed.push(referrer);
    })();
    await expect(reading).rejects.toThrow(message);
    expect(listed.map(({ digest }) => digest)).toEqual([one.digest]);
  });
});

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

  it("remembers for a repository that it has no API, and not for another one", async () => {
    await using setup = await scriptedSetup();
    for (const name of ["app", "app", "other"]) {
      expect(await Array.fromAsync(setup.registry.repository(name).referrers(SUBJECT))).toEqual([]);
    }
    expect(setup.server.log).toEqual([
      `GET /v2/app/referrers/${SUBJECT.digest}`,
      `GET /v2/app/manifests/${TAG}`,
      `GET /v2/app/manifests/${TAG}`,
      `GET /v2/other/referrers/${SUBJECT.digest}`,
      `GET /v2/other/manifests/${TAG}`,
    ]);
  });

  it("sends one request to the API of a repository that has none, however many subjects are listed at once", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    await Promise.all(Array.from({ length: 20 }, (_, n) => Array.fromAsync(app.referrers(artifact(n).descriptor))));
    expect(apiRequests(setup)).toHaveLength(1);
  });

  it("sends the requests to an API that answers at the same time, but for the first one", async () => {
    let open = 0;
    let most = 0;
    const second = Promise.withResolvers<void>();
    await using setup = await scriptedSetup(async ({ path }) => {
      if (!path.includes("/referrers/")) return undefined;
      open += 1;
      most = Math.max(most, open);
      if (setup.server.log.length > 1) {
        if (open === 3) second.resolve();
        await second.promise;
      }
      open -= 1;
      return { status: 200, body: index() };
    });
    const app = setup.registry.repository("app");
    const options = { tags: new Set<string>() };
    const listing = Array.from({ length: 4 }, (_, n) =>
      Array.fromAsync(app.referrers(artifact(n).descriptor, options)),
    );
    await Promise.all(listing);
    expect(most).toBe(3);
  });

  it.each([
    [404, "404 page not found"],
    [404, JSON.stringify({ errors: [{ code: "NOT_FOUND" }] })],
    [405, ""],
    [501, ""],
  ])("requests the API again 10 minutes after a %i", async (status, body) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await using setup = await scriptedSetup(({ path }) =>
      path.includes("/referrers/") ? { status, body } : undefined,
    );
    const app = setup.registry.repository("app");
    const asked = async (): Promise<number> => {
      expect(await Array.fromAsync(app.referrers(SUBJECT))).toEqual([]);
      return apiRequests(setup).length;
    };
    expect(await asked()).toBe(1);
    vi.setSystemTime(Date.now() + 10 * 60_000 - 1);
    expect(await asked()).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    expect(await asked()).toBe(2);
  });

  it("finds what an upgraded registry lists although an earlier version of the journal said that it has no API", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(
      ({ path }) => (path.includes("/referrers/") ? { status: 200, body: index(artifact(1).listed) } : undefined),
      { journal },
    );
    await journal.profiles.learned(setup.server.host, "referrers", "tag", { keepMs: 1e12 });
    const listed = await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    expect(listed).toEqual([artifact(1).listed]);
    expect((await journal.profiles.facts(setup.server.host)).map(({ name }) => name)).toEqual(["referrers"]);
  });

  it("leaves nothing in the journal of an API that is missing", async () => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
    expect(await journal.profiles.facts(setup.server.host)).toEqual([]);
  });

  it("with askAlways requests the API each time", async () => {
    await using setup = await scriptedSetup();
    const app = setup.registry.repository("app");
    for (const askAlways of [false, true, true]) await Array.fromAsync(app.referrers(SUBJECT, { askAlways }));
    expect(apiRequests(setup)).toHaveLength(3);
  });

  it.each([
    ["tag", 0],
    ["api", 2],
  ])("believes the user that a host lists referrers by %s", async (referrers, requests) => {
    const journal = new MemoryJournal();
    await using setup = await scriptedSetup(undefined, { journal });
    await journal.profiles.set(setup.server.host, "referrers", referrers);
    const app = setup.registry.repository("app");
    for (let times = 0; times < 2; times += 1) await Array.fromAsync(app.referrers(SUBJECT));
    expect(apiRequests(setup)).toHaveLength(requests);
  });

  it("fails where a later page is missing: what it lists would be lost", async () => {
    await using setup = await scriptedSetup(({ path }) => {
      if (!path.includes("/referrers/") || path.includes("page=2")) return undefined;
      return { status: 200, headers: { link: `<${path}?page=2>; rel="next"` }, body: index(artifact(1).listed) };
    });
    const app = setup.registry.repository("app");
    await expect(Array.fromAsync(app.referrers(SUBJECT))).rejects.toMatchObject({ status: 404 });
  });

  it.each(["NAME_UNKNOWN", "MANIFEST_UNKNOWN"])(
    "does not conclude that from a repository or a subject that is not there (%s)",
    async (code) => {
      await using setup = await scriptedSetup(() => failed(404, code));
      await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
      await Array.fromAsync(setup.registry.repository("app").referrers(SUBJECT));
      expect(apiRequests(setup)).toHaveLength(2);
    },
  );

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
