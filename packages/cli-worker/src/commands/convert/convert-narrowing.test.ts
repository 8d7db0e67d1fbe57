import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type ConvertedFiles, convertFiles } from "./convert-files.ts";
import type { ForeignFormat } from "./foreign-format.ts";

/** An entry beside, which is carried over whatever becomes of the other one. */
const KEPT: Readonly<Record<ForeignFormat, string>> = {
  regsync: "  - { source: a.b/kept, target: d.e/kept }",
  skopeo: "kept.example: { images: { kept: [v1] } }",
  "image-syncer": "a.b/kept:v1: d.e/kept",
  dregsy:
    "  - { name: kept, source: { registry: a.b }, target: { registry: d.e }, mappings: [{ from: kept, tags: [v1] }] }",
};
const HEAD: Readonly<Record<ForeignFormat, string>> = {
  regsync: "sync:",
  skopeo: "",
  "image-syncer": "",
  dregsy: "tasks:",
};

async function convert(format: ForeignFormat, entry: string, before = ""): Promise<ConvertedFiles> {
  const text = [before, HEAD[format], KEPT[format], entry].filter((part) => part !== "").join("\n");
  return convertFiles([{ name: "their.yml", text }], { format, to: "t.e" });
}

/** What became of the entry: its mirrors, without the one beside. */
async function mirrorsOf(format: ForeignFormat, entry: string, before?: string): Promise<readonly object[]> {
  const { mirrors } = parse((await convert(format, entry, before)).text) as {
    readonly mirrors: readonly { from: string }[];
  };
  expect(mirrors[0]?.from).toMatch(/kept$/);
  return mirrors.slice(1);
}

const regsync = (rest: string): string => `  - { source: a.b/c, target: d.e/c, ${rest} }`;
const dregsy = (rest: string, task = ""): string =>
  `  - { name: t, source: { registry: a.b }, target: { registry: d.e }, mappings: [{ from: c, ${rest} }]${task} }`;
const skopeo = (rest: string): string => `a.b: { images: { c: [v1] }, ${rest} }`;

describe("convertFiles() of a file with merge keys", () => {
  it("merges them in regsync's entries, as regsync documents it, and in what chooses tags", async () => {
    const before = `x-std: &std
  type: repository
  tags: &tags { allow: [latest], deny: [rc] }
  platform: linux/amd64`;
    const merged = { platforms: ["linux/amd64"], tags: { regex: ["latest"], excludeRegex: ["rc"] } };
    const places = { from: "a.b/c", to: "d.e/c" };
    expect(await mirrorsOf("regsync", "  - { <<: *std, source: a.b/c, target: d.e/c }", before)).toEqual([
      { ...places, ...merged },
    ]);
    expect(await mirrorsOf("regsync", regsync("tags: { <<: *tags, allow: ['1'] }"), before)).toEqual([
      { ...places, tags: { regex: ["1"], excludeRegex: ["rc"] } },
    ]);
    expect(await mirrorsOf("regsync", regsync("tags: *tags"), before)).toEqual([{ ...places, tags: merged.tags }]);
    const { notes } = await convert("regsync", "  - { <<: *std, source: a.b/c, target: d.e/c }", before);
    expect(notes).toEqual([]);
  });

  it("merges them in lists, the first map first, and maps that merge themselves", async () => {
    const before = `x-a: &a { tags: { allow: ["a"] } }
x-b: &b { tags: { allow: ["b"] }, platform: linux/arm64 }
x-c: &c { <<: [*a, *b], referrers: true }`;
    expect(await mirrorsOf("regsync", "  - { <<: *c, source: a.b/c, target: d.e/c }", before)).toEqual([
      { from: "a.b/c", to: "d.e/c", tags: { regex: ["a"] }, platforms: ["linux/arm64"], referrers: true },
    ]);
  });

  it("merges them in skopeo's registries and images", async () => {
    const before = "x-common: &common { images-by-tag-regex: { c: ^v1$ } }";
    expect(await mirrorsOf("skopeo", "a.b: { <<: *common, tls-verify: true }", before)).toEqual([
      { from: "a.b/c", to: "t.e/c", tags: { regex: ["v1"] } },
    ]);
    const images = "x-images: &images { c: [v1] }";
    expect(await mirrorsOf("skopeo", "a.b: { images: { <<: *images, d: [v2] } }", images)).toEqual([
      { from: "a.b/d", to: "t.e/d", tags: ["v2"] },
      { from: "a.b/c", to: "t.e/c", tags: ["v1"] },
    ]);
  });

  it("merges them in dregsy's mappings", async () => {
    const before = "x-tags: &tags { tags: ['regex: 1.*'], platform: linux/amd64 }";
    expect(await mirrorsOf("dregsy", dregsy("<<: *tags"), before)).toEqual([
      { from: "a.b/c", to: "d.e/c", tags: { regex: ["1.*"] }, platforms: ["linux/amd64"] },
    ]);
  });

  it("merges them in image-syncer's images", async () => {
    const files = ["images:", "  a.b/kept:v1: d.e/kept", "  <<: &more { a.b/c:v1: d.e/c }"].join("\n");
    const { text } = await convertFiles([{ name: "their.yml", text: files }]);
    expect(parse(text).mirrors).toEqual([
      { from: "a.b/kept", to: "d.e/kept", tags: ["v1"] },
      { from: "a.b/c", to: "d.e/c", tags: ["v1"] },
    ]);
  });

  it("leaves out an entry whose own key stands before a << that has it too: versions of tools differ in which they take", async () => {
    const before = "x-a: &a { tags: { allow: [b] } }";
    expect(await mirrorsOf("regsync", regsync("tags: { allow: [a] }, <<: *a"), before)).toEqual([]);
    expect(
      await mirrorsOf("regsync", "  - { <<: *a, source: a.b/c, target: d.e/c, tags: { allow: [a] } }", before),
    ).toEqual([{ from: "a.b/c", to: "d.e/c", tags: { regex: ["a"] } }]);
  });

  it("takes a << in quotes for a key that is not known, as tools do", async () => {
    expect(await mirrorsOf("regsync", regsync('"<<": *a'), "x-a: &a { tags: { allow: [a] } }")).toEqual([]);
  });

  it.each([
    ["x-a: &a [b]", "<<: *a", '"<<" merges a map or a list of maps'],
    ["x-a: &a b", "<<: *a", '"<<" merges a map or a list of maps'],
    ["x-a: &a { b: c }", "<<: [*a, [*a]]", '"<<" merges a map or a list of maps'],
    ["x-a: &a { <<: *a }", "<<: *a", 'the alias "a" stands inside what it stands for'],
    ["x-b: 1", "<<: *a", "Unresolved alias|there is no anchor"],
  ])("refuses a file with %s and %s", async (before, entry, message) => {
    await expect(convert("regsync", regsync(entry), before)).rejects.toThrow(new RegExp(message));
  });
});

describe("convertFiles() leaves out what a key may narrow that is not known", () => {
  it.each([
    ["regsync", "an entry", regsync("tagFilter: [v1]")],
    ["regsync", "an entry, misspelled", regsync("tag: { allow: [v1] }")],
    ["regsync", "the tags", regsync("tags: { allow: [v1], regex: [v2] }")],
    ["regsync", "the tags, alone", regsync("tags: { alow: [v1] }")],
    ["regsync", "a set of tags", regsync("tagSets: [{ allow: [v1], newest: 3 }]")],
    ["regsync", "the repositories", "  - { source: a.b, target: d.e, type: registry, repos: { match: [x] } }"],
    ["skopeo", "a registry", skopeo("images-by-digest: { c: x }")],
    ["skopeo", "a registry, misspelled", skopeo("images-by-tag-regexp: { c: ^v1$ }")],
    ["dregsy", "a mapping", dregsy("exclude: [v1]")],
    ["dregsy", "a mapping, misspelled", dregsy("tag: [v1]")],
    ["dregsy", "a task", dregsy("tags: [v1]", ", filter: v1")],
    [
      "dregsy",
      "a source",
      "  - { name: t, source: { registry: a.b, only: c }, target: { registry: d.e }, mappings: [{ from: c }] }",
    ],
    ["image-syncer", "an image", "a.b/c: { to: d.e/c, tags: [v1] }"],
  ] as const)("%s: %s", async (format, _, entry) => {
    expect(await mirrorsOf(format, entry)).toEqual([]);
    expect((await convert(format, entry)).notes.join("\n")).toMatch(/is not carried over: .*(not known here|is a map)/);
  });

  it("and takes keys for the file's writer, and those that choose nothing, for what they are", async () => {
    expect(
      await mirrorsOf(
        "regsync",
        regsync("x-owner: team, fastCheck: true, backup: x, tags: { allow: ['1'], x-why: y }"),
      ),
    ).toEqual([{ from: "a.b/c", to: "d.e/c", tags: { regex: ["1"] } }]);
    const { notes } = await convert("regsync", regsync("x-owner: team, fastCheck: true"));
    expect(notes).toEqual(["their.yml:3: fastCheck of the sync of a.b/c to d.e/c is not carried over"]);
    expect(await mirrorsOf("dregsy", dregsy("x-owner: team, preserve-digests: true"))).toHaveLength(1);
    // A name may begin so.
    expect(await mirrorsOf("skopeo", "a.b: { images: { x-pack: [v1] } }")).toHaveLength(1);
  });

  it("with every entry of regsync that the defaults may narrow", async () => {
    const text = `defaults: { tags: { allow: [v1] } }\nsync:\n${regsync("type: repository")}`;
    await expect(convertFiles([{ name: "their.yml", text }])).rejects.toThrow(
      /"tags" of the defaults is a key that is not known/,
    );
  });
});

describe("convertFiles() leaves out what has another form than its tool reads", () => {
  it.each([
    ["regsync", "tags", regsync("tags: [v1]")],
    ["regsync", "allow", regsync("tags: { allow: v1 }")],
    ["regsync", "an entry of allow", regsync("tags: { allow: [[v1]] }")],
    ["regsync", "deny", regsync("tags: { deny: v1 }")],
    ["regsync", "semverRange", regsync("tags: { semverRange: '>1' }")],
    ["regsync", "tagSets", regsync("tagSets: { allow: [v1] }")],
    ["regsync", "platform", regsync("platform: [linux/amd64]")],
    ["regsync", "platforms", regsync("platforms: [[linux/amd64]]")],
    ["regsync", "type", regsync("type: [image]")],
    ["regsync", "referrers", regsync("referrers: no")],
    ["regsync", "repos", "  - { source: a.b, target: d.e, type: registry, repos: [x] }"],
    ["skopeo", "references", "a.b: { images: { c: [[v1]] } }"],
    ["skopeo", "an empty reference", "a.b: { images: { c: [null] } }"],
    ["skopeo", "images", "a.b: { images: [c], images-by-semver: { c: '>1' } }"],
    ["dregsy", "tags", dregsy("tags: v1")],
    ["dregsy", "an entry of tags", dregsy("tags: [{ a: b }]")],
    ["dregsy", "platform", dregsy("platform: [linux/amd64]")],
    ["dregsy", "digests", dregsy("digests: { a: b }")],
    ["image-syncer", "a target", "a.b/c:v1: [d.e/c, { d: e }]"],
  ] as const)("%s: %s", async (format, _, entry) => {
    expect(await mirrorsOf(format, entry)).toEqual([]);
    expect((await convert(format, entry)).notes.join("\n")).toContain("is not carried over");
  });
});

describe("convertFiles() of regsync", () => {
  const usual = [DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST];

  it.each([
    ["some media types", regsync(`mediaTypes: [${OCI_INDEX}]`), 0],
    ["more media types", regsync(`mediaTypes: [${usual.join(", ")}, application/x]`), 1],
    ["filters of referrers", regsync("referrers: true, referrerFilters: [{ artifactType: a/b }]"), 0],
    ["another place for referrers", regsync("referrers: true, referrerTarget: d.e/r"), 0],
    ["filters of referrers that are not copied", regsync("referrerFilters: [{ artifactType: a/b }]"), 1],
  ])("carries over an entry with %s only where that narrows nothing", async (_, entry, count) => {
    expect(await mirrorsOf("regsync", entry)).toHaveLength(count);
  });

  it("takes what the defaults say of media types and referrers into each entry", async () => {
    const before = `defaults: { mediaTypes: [${OCI_INDEX}], referrerFilters: [{ artifactType: a/b }] }`;
    const text = `${before}\nsync:\n${regsync(`mediaTypes: [${usual.join(", ")}]`)}\n${regsync("referrers: true")}`;
    expect(parse((await convertFiles([{ name: "their.yml", text }])).text).mirrors).toEqual([
      { from: "a.b/c", to: "d.e/c" },
    ]);
  });

  it("goes by the sets of tags where tags itself says nothing", async () => {
    const entry = regsync("tags: { allow: [], deny: [] }, tagSets: [{ allow: [v1] }]");
    expect(await mirrorsOf("regsync", entry)).toEqual([{ from: "a.b/c", to: "d.e/c", tags: { regex: ["v1"] } }]);
  });
});

describe("convertFiles() of dregsy", () => {
  const tagsOf = async (tags: string): Promise<unknown> =>
    (await mirrorsOf("dregsy", dregsy(`tags: ${tags}`))).map((mirror) => (mirror as { tags?: unknown }).tags);

  it("leaves out what keep leaves out, of names too", async () => {
    expect(await tagsOf("['1.0', '1.0-rc', 'keep: !.*-rc']")).toEqual([["1.0"]]);
    expect(await tagsOf("['1.0-rc', 'keep: !.*-rc']")).toEqual([]);
    expect(await tagsOf("['1.0-rc', 'regex: 1.*', 'keep: !.*-rc']")).toEqual([
      { regex: ["1.*"], excludeRegex: [".*-rc"] },
    ]);
    expect(await tagsOf("['keep: !.*-rc']")).toEqual([{ excludeRegex: [".*-rc"] }]);
    expect(await tagsOf("['1.0-rc', 'regex: !.*-rc']")).toEqual([{ excludeRegex: [".*-rc"], names: ["1.0-rc"] }]);
  });

  it("takes keep: latest N beside semver for the newest, and leaves out what it would count otherwise", async () => {
    expect(await tagsOf("['semver: >=1.34', 'keep: latest 5', 'glibc-tests']")).toEqual([
      { semver: ">=1.34", newest: 5, names: ["glibc-tests"] },
    ]);
    expect(await tagsOf("['semver: >=1', 'keep: latest 5', 'keep: latest 2', 'keep: !.*-rc']")).toEqual([
      { semver: ">=1", newest: 2, excludeRegex: [".*-rc"] },
    ]);
    for (const tags of [
      "'keep: latest 5'",
      "'regex: 1.*', 'keep: latest 5'",
      "'semver: >=1', '1.2.3', 'keep: latest 5'",
    ]) {
      expect(await tagsOf(`[${tags}]`)).toEqual([]);
    }
    expect(await tagsOf("['semver: >=1', 'keep: latest 0']")).toEqual([]);
    expect(await tagsOf("['semver: >=1', 'keep: newest 5']")).toEqual([]);
  });

  it.each([
    ["catalog", 1],
    ["index, search: x", 0],
    ["dockerhub", 0],
  ])(
    "carries over an expression for repositories that a lister (%s) finds only where that is the catalogue",
    async (lister, count) => {
      const source = `{ registry: a.b, lister: { type: ${lister} } }`;
      const task = (from: string): string =>
        `  - { name: t, source: ${source}, target: { registry: d.e }, mappings: [{ from: "${from}" }] }`;
      expect(await mirrorsOf("dregsy", task("regex:c/.*"))).toHaveLength(count);
      expect(await mirrorsOf("dregsy", task("c"))).toHaveLength(1);
    },
  );
});
