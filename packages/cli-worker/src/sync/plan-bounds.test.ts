import type { PlannedImage, SyncPlan } from "@tranship/copy";
import { describe, expect, it } from "vitest";
import { parseMirrorFile } from "../mirror/file/parse-mirror-file.ts";
import { checkPlanBounds, PlanOutOfBounds } from "./plan-bounds.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as const;
const OTHER = `sha256:${"b".repeat(64)}` as const;
const SIGNATURE = `sha256-${"a".repeat(64)}.sig`;

const FILE = `
version: 1
mirrors:
  - from: src.example/acme/*
    to: dst.example:5000/mirror/{match}
    excludeRepositories: secret
    tags: { glob: "v*", exclude: "v*-rc*", newest: 3 }
    prune: true
  - from: docker.io/library/alpine
    to: [dst.example:5000/alpine, "two.example/{host}/alpine:old-{tag}"]
    tags: ["3.20"]
  - from: src.example/tools/one@${DIGEST}
    to: dst.example:5000/one:pinned
  - from: src.example/first
    to: dst.example:5000/shared
    prune: true
  - from: src.example/second
    to: dst.example:5000/shared
    tags: [v9]
  - from: src.example/signed
    to: dst.example:5000/signed
    cosignTags: true
    tags: { regex: "[0-9]+" }
  - from: src.example/pruned
    to: dst.example:5000/pruned
    cosignTags: true
    tags: { glob: "x*", names: ["7"] }
    prune: true
  - from: src.example/chosen
    to: dst.example:5000/chosen
    platforms: linux/amd64
    referrers: true
    tags: { glob: "*", immutable: "3.*" }
`;

function bounds(image: Partial<PlannedImage>): string | undefined {
  const { file } = parseMirrorFile({ text: FILE, name: "mirror.yaml", folder: "/", variables: {} });
  const planned = {
    mirror: "m",
    from: "src.example/acme/app",
    tag: "v1",
    to: "dst.example:5000/mirror/app",
    targetTag: "v1",
    action: "copy",
    reason: "missing",
    source: DIGEST,
    ...image,
  } satisfies PlannedImage;
  const plan = { images: [planned] as readonly PlannedImage[] } as SyncPlan;
  try {
    checkPlanBounds("plan.json", plan, file);
    return undefined;
  } catch (error) {
    if (!(error instanceof PlanOutOfBounds)) throw error;
    expect(error.lines).toHaveLength(1);
    return error.lines[0];
  }
}

const ALPINE = { from: "docker.io/library/alpine", tag: "3.20", to: "dst.example:5000/alpine", targetTag: "3.20" };
const ONE = { from: "src.example/tools/one", tag: DIGEST, to: "dst.example:5000/one", targetTag: "pinned" };
const SIGNED = { from: "src.example/signed", tag: "7", to: "dst.example:5000/signed", targetTag: "7" };
const SHARED = { from: "src.example/first", tag: "v0", to: "dst.example:5000/shared", targetTag: "v0" };
const PRUNED = { from: "src.example/pruned", tag: "x1", to: "dst.example:5000/pruned", targetTag: "x1" };
const SIGNED_TAG = { tag: SIGNATURE, targetTag: SIGNATURE };
const CHOSEN = {
  from: "src.example/chosen",
  to: "dst.example:5000/chosen",
  tag: "3.1",
  targetTag: "3.1",
  platforms: ["linux/amd64"],
  referrers: true,
  there: null,
} as const;
const DELETED = { action: "delete", reason: "gone", there: DIGEST, own: { because: "written" } } as const;

describe("checkPlanBounds()", () => {
  it.each<[string, Partial<PlannedImage>]>([
    ["a copy that a mirror names", {}],
    ["below a namespace", { from: "src.example/acme/a/b", to: "dst.example:5000/mirror/a/b" }],
    ["a skip", { action: "skip", reason: "unchanged" }],
    ["a named tag", ALPINE],
    [
      "the second target, its tag by the template",
      { ...ALPINE, to: "two.example/docker.io/alpine", targetTag: "old-3.20" },
    ],
    ["an image by its digest", ONE],
    ["a tag by a regular expression", SIGNED],
    ["a signature", { ...SIGNED, tag: SIGNATURE, targetTag: SIGNATURE }],
    ["a deletion where there is prune", DELETED],
    ["a copy where another mirror writes too", SHARED],
    ["a deletion of what is not among the newest", { ...DELETED, reason: "unselected" }],
    ["a deletion of a signature, with what it is about", { ...PRUNED, ...DELETED, ...SIGNED_TAG, reason: "follows" }],
    ["platforms, referrers and immutable tags as the mirror has them", CHOSEN],
    ["a repair of an immutable tag", { ...CHOSEN, reason: "incomplete", there: DIGEST, root: DIGEST }],
  ])("permits %s", (_, image) => {
    expect(bounds(image)).toBeUndefined();
  });

  it.each<[string, Partial<PlannedImage>, string]>([
    ["another target host", { to: "evil.example/mirror/app" }, "not with this target repository"],
    ["another port of the target host", { to: "dst.example/mirror/app" }, "not with this target repository"],
    ["another target repository", { to: "dst.example:5000/mirror/other" }, "not with this target repository"],
    ["a target beside the namespace", { to: "dst.example:5000/mirrors/app" }, "not with this target repository"],
    ["another mirror's target", { to: "dst.example:5000/alpine" }, "not with this target repository"],
    ["another source host", { from: "internal.example/acme/app" }, "source repository"],
    ["another source repository", { from: "src.example/private" }, "source repository"],
    [
      "an excluded repository",
      { from: "src.example/acme/secret", to: "dst.example:5000/mirror/secret" },
      "source repository",
    ],
    ["a source in another case", { from: "src.example/acmE/app" }, "at registries only"],
    ["a path that climbs", { from: "src.example/acme/../private" }, "at registries only"],
    ["a layout to read", { from: "oci:/etc" }, "at registries only"],
    ["a layout to write", { to: "oci:/tmp/x" }, "at registries only"],
    ["a repository with a tag", { to: "dst.example:5000/mirror/app:v1" }, "at registries only"],
    ["another name at the target", { targetTag: "latest" }, "another name at the target"],
    ["a tag without what the template adds", { ...ALPINE, to: "two.example/docker.io/alpine" }, "another name"],
    ["a tag that the filters leave out", { tag: "latest", targetTag: "latest" }, "do not include this one"],
    ["an excluded tag", { tag: "v2-rc1", targetTag: "v2-rc1" }, "do not include this one"],
    ["a tag that is not named", { ...ALPINE, tag: "edge", targetTag: "edge" }, "do not include this one"],
    ["a tag outside the expression", { ...SIGNED, tag: "7a", targetTag: "7a" }, "do not include this one"],
    ["another digest under a pinned tag", { ...ONE, source: OTHER }, "do not include this one"],
    ["another digest", { ...ONE, tag: OTHER, source: OTHER }, "do not include this one"],
    ["a digest where tags are meant", { tag: DIGEST, targetTag: DIGEST }, "do not include this one"],
    ["a signature where there are none", { tag: SIGNATURE, targetTag: SIGNATURE }, "do not include this one"],
    ["a deletion without prune", { ...ALPINE, ...DELETED }, "the mirror has no prune"],
    ["a deletion elsewhere", { ...DELETED, to: "dst.example:5000/prod" }, "not with this target repository"],
    ["a deletion of another source's", { ...DELETED, from: "src.example/private" }, "source repository"],
    ["a deletion where another mirror writes too", { ...SHARED, ...DELETED }, "another mirror of the file writes"],
    ["a deletion of what the filters leave out", { ...DELETED, tag: "latest", targetTag: "latest" }, "do not include"],
    ["a deletion of an excluded tag", { ...DELETED, tag: "v2-rc1", targetTag: "v2-rc1" }, "do not include"],
    ["a deletion of a tag that is always chosen", { ...PRUNED, ...DELETED, reason: "unselected" }, "chooses this tag"],
    ["a deletion of a tag as if it followed another one", { ...DELETED, reason: "follows" }, "chooses this tag"],
    ["a deletion for no reason of deletions", { ...DELETED, reason: "unchanged" }, "chooses this tag"],
    ["a deletion of a signature by itself", { ...PRUNED, ...DELETED, ...SIGNED_TAG }, "only with what it is about"],
    ["a deletion of a named tag", { ...PRUNED, ...DELETED, tag: "7", targetTag: "7" }, "names this tag"],
    ["referrers that the mirror leaves", { referrers: true }, "does not copy referrers"],
    ["platforms where the mirror copies all", { platforms: ["linux/amd64"] }, "copies all platforms"],
    ["all platforms where the mirror chooses some", { ...CHOSEN, platforms: undefined }, "copies linux/amd64"],
    ["other platforms", { ...CHOSEN, platforms: ["linux/arm64"] }, "copies linux/amd64"],
    ["images that lack platforms", { ...CHOSEN, missingPlatforms: "skip" }, "lacks some of its platforms"],
    ["another image under an immutable tag", { ...CHOSEN, there: OTHER, root: DIGEST }, "immutable"],
    ["an immutable tag of which the plan says nothing", { ...CHOSEN, there: undefined }, "immutable"],
    ["a retag of an immutable tag", { ...CHOSEN, action: "retag", there: OTHER, root: DIGEST }, "immutable"],
    ["a deletion by name alone", { ...DELETED, own: { because: "pattern" } }, "by its name alone"],
    ["a retag of another name", { action: "retag", root: DIGEST, targetTag: "prod" }, "another name at the target"],
  ])("refuses %s", (_, image, why) => {
    expect(bounds(image)).toContain(why);
  });

  it("names the entry, escaped", () => {
    expect(bounds({ tag: "\u009b31m", to: "evil.example/\u202ex" })).toBe(
      String.raw`"plan.json": copy "src.example/acme/app:\u{9b}31m" to "evil.example/\u{202e}x:v1": a mirror file names repositories at registries only`,
    );
  });

  it("names each entry", () => {
    const { file } = parseMirrorFile({ text: FILE, name: "mirror.yaml", folder: "/", variables: {} });
    const images = Array.from({ length: 50 }, (_, at) => ({ from: `a.example/${at}`, to: "b.example/x", tag: "1" }));
    const plan = { images } as unknown as SyncPlan;
    expect(() => checkPlanBounds("p", plan, file)).toThrow(
      expect.objectContaining({ lines: images.map(({ from }) => expect.stringContaining(`"${from}:1"`)) }),
    );
  });
});
