import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOURCE_DIGEST_ANNOTATION, type SyncResult } from "@tranship/copy";
import { type Descriptor, type Manifest, parseManifest, type RegistryStore } from "@tranship/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { findPeer, howToInstall } from "../peers/find-peer.ts";
import { skopeoOracle } from "../peers/oracles.ts";
import { expectedMirrors, type Mirrored, mirrorFile } from "./mirror-file.ts";
import { orasAttach } from "./oras-attach.ts";
import { mirrorWithRegsync, mirrorWithSkopeo, type PeerMirror } from "./peer-mirrors.ts";
import { type Asked, type MirrorRegistries, startMirrorRegistries, takeAll } from "./registries.ts";
import { seedSources } from "./sources.ts";

/** The fallback of the referrers API: registries that have that keep no such tag. */
const REFERRERS_TAG = /^sha256-[0-9a-f]{64}$/;

describePeers("tranship sync between real registries", ["docker-registry", "skopeo"], (peers) => {
  const stack = new AsyncDisposableStack();
  let registries: MirrorRegistries;
  let home: string;
  let mirrored: readonly Mirrored[];
  let first: SyncResult;
  let again: SyncResult;
  let askedAgain: Asked;

  beforeAll(async () => {
    home = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-sync-"))).path;
    registries = stack.use(await startMirrorRegistries(peers["docker-registry"]));
    const oras = findPeer("oras");
    if (oras === undefined) console.warn(`Referrers are attached without oras (no oras: ${howToInstall("oras")})`);
    const attach = oras === undefined ? undefined : orasAttach(oras, registries.sources.newer.host);
    const found = await seedSources(registries, attach);
    mirrored = expectedMirrors(registries, found);
    await writeFile(join(home, "mirror.yaml"), mirrorFile(registries));
    first = await sync();
    takeAll(registries);
    again = await sync();
    askedAgain = takeAll(registries);
  });
  afterAll(() => stack.disposeAsync());

  async function sync(): Promise<SyncResult> {
    const { code, stdout, stderr } = await runCommand(["sync", "-f", "mirror.yaml", "--json"], { home });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  }

  const storeOf = ({ at, name }: Mirrored): RegistryStore => registries.targets[at].repository(name);

  it("brings exactly the tags that were chosen, each with its digest", async () => {
    for (const repository of mirrored) {
      const { at, name, tags } = repository;
      const store = storeOf(repository);
      const there = (await Array.fromAsync(store.tags())).filter((tag) => !REFERRERS_TAG.test(tag));
      expect(there.toSorted(), `${at} ${name}`).toEqual([...tags.keys()].toSorted());
      const whole = new Map([...tags].filter(([, digest]) => digest !== undefined));
      const digests = [...whole.keys()].map(async (tag) => [tag, (await store.resolve(tag)).digest] as const);
      expect(new Map(await Promise.all(digests)), `${at} ${name}`).toEqual(whole);
    }
    expect(first.outcomes).toMatchObject({ failed: 0, refused: 0, left: 0, unchanged: 0 });
  });

  it("cuts indexes down to the platforms, and names the index that each was made from", async () => {
    const [alpine] = mirrored;
    if (alpine === undefined) throw new Error("there is a first mirror");
    const source = registries.sources.older.repository(alpine.source.name);
    for (const tag of alpine.tags.keys()) {
      const [whole, cut] = await Promise.all([openIndex(source, tag), openIndex(storeOf(alpine), tag)]);
      const wanted = whole.manifests.filter(({ platform }) => platform?.architecture !== "s390x");
      expect(cut.manifests).toEqual(wanted);
      expect(wanted).toHaveLength(2);
      expect(cut.annotations).toMatchObject({ [SOURCE_DIGEST_ANNOTATION]: alpine.source.tags.get(tag) });
    }
  });

  it("carries along what refers to the images, and nothing of the images that stay", async () => {
    const withReferrers = mirrored.filter(({ referrers }) => referrers.size > 0);
    expect(withReferrers).toHaveLength(2);
    for (const repository of withReferrers) {
      const store = storeOf(repository);
      for (const [subject, digests] of repository.referrers) {
        const listed = await Array.fromAsync(store.referrers(await store.resolve(subject)));
        expect(listed.map(({ digest }) => digest).toSorted()).toEqual([...digests].toSorted());
      }
    }
  });

  it("leaves images that skopeo reads whole, of each kind at each target", async () => {
    const oracle = skopeoOracle(peers.skopeo);
    for (const repository of mirrored.filter(({ name }) => /alpine|legacy|web|tools/.test(name))) {
      const [tag = ""] = repository.tags.keys();
      const { digest } = await storeOf(repository).resolve(tag);
      const image = `docker://${registries.targets[repository.at].host}/${repository.name}:${tag}`;
      expect(await oracle(image), image).toBe(digest);
    }
  });

  it("sends nothing the second time, asks once a side for a tag, and for immutable ones not at all", async () => {
    expect(again).toMatchObject({ ok: true, moved: { count: 0 }, mounted: { count: 0 } });
    expect(again.outcomes).toMatchObject({ copied: 0, retagged: 0, unchanged: first.images.length });
    for (const { requests } of Object.values(askedAgain)) {
      expect(Object.keys(requests).filter((kind) => !/^(GET|HEAD) /.test(kind))).toEqual([]);
    }
    // Of the older source Docker's lists are immutable, and alpine's 20 tags are not.
    expect(askedAgain.olderSource.requests["GET tags"]).toBe(2);
    expect(manifestsAsked(askedAgain.olderSource.requests)).toBe(20);
    expect(manifestsAsked(askedAgain.olderTarget.requests)).toBe(20);
  });

  /** The mirrors that copy whole images under their own tags, from one source to one target. */
  const whole = (name: RegExp): readonly Mirrored[] =>
    mirrored.filter((repository) => repository.at === "newer" && name.test(repository.name));

  /** What a peer made of the same tags. */
  async function expectSame(prefix: string, repositories: readonly Mirrored[]): Promise<void> {
    for (const { source, tags, referrers } of repositories) {
      const store = registries.targets.older.repository(
        `${prefix}/${source.name.slice(source.name.lastIndexOf("/") + 1)}`,
      );
      const digests = [...tags.keys()].map(async (tag) => [tag, (await store.resolve(tag)).digest] as const);
      expect(new Map(await Promise.all(digests)), `${prefix}: ${source.name}`).toEqual(tags);
      for (const [subject, expected] of referrers) {
        const listed = await Array.fromAsync(store.referrers(await store.resolve(subject)));
        expect(listed.map(({ digest }) => digest).toSorted()).toEqual([...expected].toSorted());
      }
    }
  }

  describePeers("has the digests that regsync brings", ["regsync"], ({ regsync }) => {
    it("of Docker's lists, indexes, cosign's tags and referrers", async () => {
      const { sources, targets } = registries;
      for (const [source, names] of [
        [sources.older, /legacy/],
        [sources.newer, /api|web/],
      ] as const) {
        const repositories = whole(names);
        const mirrors = repositories.map(peerMirror);
        await mirrorWithRegsync(regsync, {
          source: source.host,
          target: targets.older.host,
          prefix: "regsync",
          mirrors,
        });
        await expectSame("regsync", repositories);
      }
    });
  });

  it("has the digests that skopeo sync --all brings", async () => {
    const { sources, targets } = registries;
    for (const [source, names] of [
      [sources.older, /legacy/],
      [sources.newer, /tools/],
    ] as const) {
      // It takes a quarter of a second for each.
      const repositories = whole(names).map((all) => ({ ...all, tags: new Map([...all.tags].slice(0, 10)) }));
      const mirrors = repositories.map(peerMirror);
      await mirrorWithSkopeo(peers.skopeo, {
        source: source.host,
        target: targets.older.host,
        prefix: "skopeo",
        mirrors,
      });
      await expectSame("skopeo", repositories);
    }
  });
});

/** The tags without those that follow them. */
function peerMirror({ source, tags }: Mirrored): PeerMirror {
  return { from: source.name, tags: [...tags.keys()].filter((tag) => !tag.startsWith("sha256-")) };
}

async function openIndex(store: RegistryStore, tag: string): Promise<Extract<Manifest, { kind: "index" }>> {
  const { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: Uint8Array } = await store.open(tag);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind !== "index") throw new Error(`"${tag}" is no index`);
  return manifest;
}

function manifestsAsked(requests: Readonly<Record<string, number>>): number {
  return (requests["GET manifest"] ?? 0) + (requests["HEAD manifest"] ?? 0);
}
