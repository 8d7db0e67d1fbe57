import type { Digest } from "@tranship/core";
import type { MirrorRegistries } from "./registries.ts";
import type { SourceRepository, Sources } from "./sources.ts";

/** The mirror file of these tests, as text: selection, platforms, a wildcard with templates, referrers, cosign's tags. */
export function mirrorFile({ sources, targets }: MirrorRegistries): string {
  return `version: 1
defaults: { referrers: false }
mirrors:
  - from: ${sources.older.host}/library/alpine
    to: ${targets.older.host}/hub/alpine
    platforms: [linux/amd64, linux/arm64]
    tags: { semver: ">=3.17", newest: 20, exclude: ["*-rc*"] }
  - from: ${sources.older.host}/library/legacy
    to: ["${targets.older.host}/old/{match}", "${targets.newer.host}/old/{match}", "${targets.served.host}/old/{match}"]
    tags: { immutable: "v*" }
  - from: ${sources.newer.host}/acme/*
    to: ["${targets.newer.host}/mirror/{match}", "${targets.served.host}/{host}/{repository}:{tag}-mirrored"]
    tags: { semver: ">=1.0", newest: 20, exclude: ["*.5"] }
    referrers: true
    cosignTags: true
`;
}

/** A repository of a target after a sync. */
export interface Mirrored {
  readonly at: keyof MirrorRegistries["targets"];
  readonly name: string;
  readonly source: SourceRepository;
  /** What each tag has to stand for; undefined where only part of the index is copied. */
  readonly tags: ReadonlyMap<string, Digest | undefined>;
  /** What refers to its images. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>;
}

/** What the file means, written out. */
export function expectedMirrors({ sources }: MirrorRegistries, found: Sources): readonly Mirrored[] {
  const { alpine, legacy, api, web, worker, tools } = found;
  const none = new Map();
  const host = sources.newer.host.replace(":", "-");
  return [
    {
      at: "older",
      name: "hub/alpine",
      source: alpine,
      tags: new Map(NEWEST.map((tag) => [tag, undefined])),
      referrers: none,
    },
    ...(["older", "newer", "served"] as const).map(
      (at): Mirrored => ({ at, name: "old/legacy", source: legacy, tags: legacy.tags, referrers: none }),
    ),
    ...[api, web, worker, tools].flatMap((source): readonly Mirrored[] => {
      const tags = [...source.tags].filter(([tag]) => !tag.endsWith(".5")).slice(-20);
      const copied = new Set(tags.map(([, digest]) => digest));
      const follows = (name: string): boolean =>
        [...copied].some((digest) => name.startsWith(digest.replace(":", "-")));
      const cosign = [...source.cosignTags].filter(([tag]) => follows(tag));
      const referrers = new Map([...source.referrers].filter(([subject]) => copied.has(subject)));
      const match = source.name.slice("acme/".length);
      const renamed = tags.map(([tag, digest]) => [`${tag}-mirrored`, digest] as const);
      return [
        { at: "newer", name: `mirror/${match}`, source, tags: new Map([...tags, ...cosign]), referrers },
        { at: "served", name: `${host}/${source.name}`, source, tags: new Map([...renamed, ...cosign]), referrers },
      ];
    }),
  ];
}

/** Of the versions from 3.17 on, without pre-releases, the newest 20. */
const NEWEST: readonly string[] = [
  ...Array.from({ length: 12 }, (_, patch) => `3.20.${patch}`),
  "3.20",
  ...Array.from({ length: 7 }, (_, at) => `3.19.${at + 5}`),
];
