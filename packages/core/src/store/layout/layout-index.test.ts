import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../content/descriptor.ts";
import { digestOf } from "../../digest/digest.ts";
import {
  EMPTY_LAYOUT_INDEX,
  formatLayoutIndex,
  type LayoutIndex,
  parseLayoutIndex,
  withListed,
  withoutManifest,
  withoutTag,
  withoutUntagged,
  withTag,
} from "./layout-index.ts";

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const descriptorOf = (name: string): Descriptor => ({ mediaType, digest: digestOf(Buffer.from(name)), size: 1 });
const a = descriptorOf("a");
const b = descriptorOf("b");

/** Tag and content of each entry, in order. */
function shown(index: LayoutIndex): string[] {
  return index.entries.map(({ descriptor }) => {
    const name = descriptor.digest === a.digest ? "a" : "b";
    return `${descriptor.annotations?.["org.opencontainers.image.ref.name"] ?? "-"}=${name}`;
  });
}

describe("parseLayoutIndex()", () => {
  it("keeps what other tools wrote", () => {
    const text = `{"schemaVersion":2,"x-top":[1],"manifests":[{"mediaType":"${mediaType}","digest":"${a.digest}","size":1,"x-entry":{"y":null}}],"annotations":{"k":"v"}}`;
    const index = withTag(parseLayoutIndex(text, "oci:test"), b, "v1");
    const written = JSON.parse(formatLayoutIndex(index));
    expect(written).toMatchObject({
      "x-top": [1],
      annotations: { k: "v" },
      manifests: [{ "x-entry": { y: null } }, {}],
    });
  });

  it("takes null for an empty list, as Go writes it", () => {
    expect(parseLayoutIndex('{"schemaVersion":2,"manifests":null}', "oci:test").entries).toEqual([]);
  });

  it.each([
    ["{", "it is no JSON"],
    ["[]", "the document: expected an object, got an array"],
    ['{"schemaVersion":2}', "manifests: expected an array"],
    ['{"manifests":{}}', "manifests: expected an array, got an object"],
    ['{"manifests":[{"mediaType":"a/b","digest":"sha256:../../x","size":1}]}', "manifests[0].digest"],
  ])("refuses %s", (text, detail) => {
    expect(() => parseLayoutIndex(text, "oci:test")).toThrow(`Cannot read "index.json" of "oci:test": ${detail}`);
  });
});

describe("withTag()", () => {
  it("replaces the entry without a tag and adds one for each further tag", () => {
    const index = withTag(withTag(withListed(EMPTY_LAYOUT_INDEX, a), a, "v1"), a, "v2");
    expect(shown(index)).toEqual(["v1=a", "v2=a"]);
    expect(withTag(index, a, "v1")).toBe(index);
  });

  it("leaves what had the tag, without it", () => {
    expect(shown(withTag(withTag(EMPTY_LAYOUT_INDEX, a, "v1"), b, "v1"))).toEqual(["-=a", "v1=b"]);
    const twice = withTag(withTag(EMPTY_LAYOUT_INDEX, a, "v1"), a, "v2");
    expect(shown(withTag(twice, b, "v1"))).toEqual(["v2=a", "v1=b"]);
  });

  it("takes the whole name with the tag, unless it alone tells two images apart", () => {
    const entry = (descriptor: Descriptor, name: string) => ({
      ...descriptor,
      annotations: { "org.opencontainers.image.ref.name": "latest", "io.containerd.image.name": name },
    });
    const one = parseLayoutIndex(JSON.stringify({ manifests: [entry(a, "r.example/a:latest")] }), "oci:test");
    expect(withTag(one, b, "latest").entries[0]?.descriptor.annotations).toBeUndefined();
    const manifests = [entry(a, "r.example/a:latest"), entry(b, "r.example/b:latest")];
    const two = parseLayoutIndex(JSON.stringify({ manifests }), "oci:test");
    expect(withoutTag(two, "latest").entries.map(({ descriptor }) => descriptor.annotations)).toEqual([
      { "io.containerd.image.name": "r.example/a:latest" },
      { "io.containerd.image.name": "r.example/b:latest" },
    ]);
  });

  it("writes no annotations of another place, but for the whole name of an image that keeps its tag", () => {
    const from = { ...a, annotations: { "io.containerd.image.name": "elsewhere:v1", other: "x" } };
    expect(withTag(EMPTY_LAYOUT_INDEX, from, "v1").entries[0]?.raw["annotations"]).toEqual({
      "org.opencontainers.image.ref.name": "v1",
      "io.containerd.image.name": "elsewhere:v1",
    });
    for (const other of ["v2", "1", "elsewhere"]) {
      expect(withTag(EMPTY_LAYOUT_INDEX, from, other).entries[0]?.raw["annotations"]).toEqual({
        "org.opencontainers.image.ref.name": other,
      });
    }
  });
});

describe("withoutTag(), withoutManifest(), withoutUntagged()", () => {
  const index = withListed(withTag(withTag(EMPTY_LAYOUT_INDEX, a, "v1"), a, "v2"), b);

  it("withoutTag() keeps the manifest listed", () => {
    expect(shown(withoutTag(index, "v1"))).toEqual(["v2=a", "-=b"]);
    expect(shown(withoutTag(withoutTag(index, "v1"), "v2"))).toEqual(["-=a", "-=b"]);
    expect(withoutTag(index, "v3")).toBe(index);
  });

  it("withoutManifest() takes every tag with it", () => {
    expect(shown(withoutManifest(index, a.digest))).toEqual(["-=b"]);
  });

  it("withoutUntagged() leaves what has a tag", () => {
    expect(shown(withoutUntagged(index, new Set([a.digest, b.digest])))).toEqual(["v1=a", "v2=a"]);
  });
});
