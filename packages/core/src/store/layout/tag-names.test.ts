import { describe, expect, it } from "vitest";
import { digestOf } from "../../digest/digest.ts";
import { type LayoutIndex, parseLayoutIndex } from "./layout-index.ts";
import { findByName, findOnly, tagNames } from "./tag-names.ts";

const REF = "org.opencontainers.image.ref.name";
const WHOLE = "io.containerd.image.name";

const digest = (name: string) => digestOf(Buffer.from(name));

function indexOf(...entries: readonly (readonly [name: string, annotations?: Record<string, string>])[]): LayoutIndex {
  const manifests = entries.map(([name, annotations]) => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: digest(name),
    size: 1,
    annotations,
  }));
  return parseLayoutIndex(JSON.stringify({ schemaVersion: 2, manifests }), "oci:test");
}

/** `docker save a:latest b:latest`. */
const docker = indexOf(
  ["a", { [REF]: "latest", [WHOLE]: "docker.io/library/a:latest" }],
  ["b", { [REF]: "latest", [WHOLE]: "docker.io/library/b:latest" }],
);
/** `podman save --format oci-dir`. */
const podman = indexOf(["a", { [REF]: "docker.io/library/alpine:3.20" }]);

describe("findByName()", () => {
  it("finds the ref.name, whatever it looks like", () => {
    const index = indexOf(["a", { [REF]: "v1" }], ["b", { [REF]: "../../etc/passwd" }]);
    expect(findByName(index, "v1", "oci:test").digest).toBe(digest("a"));
    expect(findByName(index, "../../etc/passwd", "oci:test").digest).toBe(digest("b"));
  });

  it("finds docker's and podman's whole names", () => {
    expect(findByName(docker, "docker.io/library/b:latest", "oci:test").digest).toBe(digest("b"));
    expect(findByName(podman, "docker.io/library/alpine:3.20", "oci:test").digest).toBe(digest("a"));
  });

  it("finds the tag at the end of podman's whole name", () => {
    expect(findByName(podman, "3.20", "oci:test").digest).toBe(digest("a"));
    expect(() => findByName(podman, "library/alpine:3.20", "oci:test")).toThrow("there is no such tag");
  });

  it("prefers a tag that is written to one at the end of a name", () => {
    const index = indexOf(["a", { [REF]: "r.example/a:v1" }], ["b", { [REF]: "v1" }]);
    expect(findByName(index, "v1", "oci:test").digest).toBe(digest("b"));
  });

  it("names the choices where several images have the tag", () => {
    expect(() => findByName(docker, "latest", "oci:test")).toThrow(
      'Cannot resolve "latest" in "oci:test": several images have it; name one in full: "docker.io/library/a:latest", "docker.io/library/b:latest"',
    );
  });

  it("takes the first where a tag is there twice and nothing tells them apart", () => {
    const index = indexOf(["a", { [REF]: "v1" }], ["b", { [REF]: "v1" }]);
    expect(findByName(index, "v1", "oci:test").digest).toBe(digest("a"));
  });

  it("says which tags there are", () => {
    expect(() => findByName(podman, "v9", "oci:test")).toThrow(
      'Cannot resolve "v9" in "oci:test": there is no such tag; there are "3.20"',
    );
    expect(() => findByName(indexOf(["a"]), "v9", "oci:test")).toThrow("there are no tags");
  });
});

describe("tagNames()", () => {
  it("gives tags that a registry takes, or else whole names, each of which is found", () => {
    const index = indexOf(
      ["a", { [REF]: "v1" }],
      ["a", { [REF]: "v1" }],
      ["untagged"],
      ["b", { [REF]: "r.example/b:v2" }],
    );
    expect(tagNames(index)).toEqual(["v1", "v2"]);
    expect(tagNames(docker)).toEqual(["docker.io/library/a:latest", "docker.io/library/b:latest"]);
    for (const name of tagNames(docker)) expect(() => findByName(docker, name, "oci:test")).not.toThrow();
  });
});

describe("findOnly()", () => {
  it("finds the only manifest, or the only one with a tag", () => {
    expect(findOnly(indexOf(["a"]), "oci:test").digest).toBe(digest("a"));
    expect(findOnly(indexOf(["a", { [REF]: "v1" }], ["a", { [REF]: "v2" }]), "oci:test").digest).toBe(digest("a"));
    expect(findOnly(indexOf(["untagged"], ["a", { [REF]: "v1" }]), "oci:test").digest).toBe(digest("a"));
  });

  it("leaves out the tags of referrers", () => {
    const tag = `sha256-${"0".repeat(64)}`;
    expect(findOnly(indexOf(["referrers", { [REF]: tag }], ["a"]), "oci:test").digest).toBe(digest("a"));
  });

  it("lists the tags where there are several images", () => {
    expect(() => findOnly(indexOf(["a", { [REF]: "v1" }], ["b", { [REF]: "v2" }]), "oci:test")).toThrow(
      'Cannot choose an image in "oci:test": it has 2; name one by its tag: "v1", "v2"',
    );
    expect(() => findOnly(indexOf(["a"], ["b"]), "oci:test")).toThrow(`name one by its digest: "${digest("a")}"`);
    expect(() => findOnly(indexOf(), "oci:test")).toThrow("it has none");
  });
});
