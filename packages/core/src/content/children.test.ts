import { describe, expect, it } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { childrenOf, inlineData, isForeign } from "./children.ts";
import type { Descriptor } from "./descriptor.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from "./media-types.ts";

function blob(text: string, mediaType: string = OCI_LAYER_GZIP): Descriptor {
  const bytes = new TextEncoder().encode(text);
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

describe("childrenOf()", () => {
  it("gives config and layers of an image, each digest once, in order", () => {
    const [config, one, two] = [blob("config", OCI_CONFIG), blob("one"), blob("two")];
    const children = childrenOf({ kind: "image", mediaType: OCI_MANIFEST, config, layers: [one, two, one, config] });
    expect(children).toEqual([config, one, two]);
  });

  it("gives the manifests of an index, other indexes too, each digest once", () => {
    const [image, nested] = [blob("image", OCI_MANIFEST), blob("nested", OCI_INDEX)];
    expect(childrenOf({ kind: "index", mediaType: OCI_INDEX, manifests: [nested, image, nested] })).toEqual([
      nested,
      image,
    ]);
    expect(childrenOf({ kind: "index", mediaType: OCI_INDEX, manifests: [] })).toEqual([]);
  });

  it.each([
    ["first", (foreign: Descriptor, own: Descriptor) => [foreign, own]],
    ["last", (foreign: Descriptor, own: Descriptor) => [own, foreign]],
  ])("gives what is listed as a foreign layer and as another one as that one, foreign %s", (_, order) => {
    const [config, own] = [blob("config", OCI_CONFIG), blob("layer")];
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    const foreign = { ...own, mediaType, urls: ["https://elsewhere.example/layer"] };
    const layers = [blob("other"), ...order(foreign, own)];
    expect(childrenOf({ kind: "image", mediaType: OCI_MANIFEST, config, layers })).toEqual([
      config,
      blob("other"),
      own,
    ]);
    const twice = { kind: "image", mediaType: OCI_MANIFEST, config, layers: [foreign, foreign] } as const;
    expect(childrenOf(twice)).toEqual([config, foreign]);
  });

  it("gives a digest twice that is listed as a manifest and as a blob, which a registry keeps apart", () => {
    const [manifest, asBlob] = [blob("image", OCI_MANIFEST), blob("image", "application/octet-stream")];
    const manifests = [manifest, asBlob, manifest, asBlob];
    expect(childrenOf({ kind: "index", mediaType: OCI_INDEX, manifests })).toEqual([manifest, asBlob]);
  });

  it("doesn't count the subject", () => {
    const [config, subject] = [blob("config"), blob("subject", OCI_MANIFEST)];
    expect(childrenOf({ kind: "image", mediaType: OCI_MANIFEST, config, layers: [], subject })).toEqual([config]);
  });
});

describe("isForeign()", () => {
  const urls = ["https://mcr.example/layer"];

  it.each([
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  ])("is true for %s with urls only", (mediaType) => {
    expect(isForeign({ ...blob("x", mediaType), urls })).toBe(true);
    expect(isForeign({ ...blob("x", mediaType), urls: [] })).toBe(false);
    expect(isForeign(blob("x", mediaType))).toBe(false);
  });

  it("is false for a common layer, with urls too", () => {
    expect(isForeign({ ...blob("x"), urls })).toBe(false);
  });
});

describe("inlineData()", () => {
  it("gives the content that a descriptor carries", () => {
    expect(inlineData({ ...blob("{}"), data: "e30=" })).toEqual(new TextEncoder().encode("{}"));
    expect(inlineData({ ...blob(""), data: "" })).toEqual(new Uint8Array());
    expect(inlineData(blob("{}"))).toBeUndefined();
  });

  it.each([
    ["e30", "MANIFEST_INVALID"],
    ["e30=\n", "MANIFEST_INVALID"],
    ["e30*", "MANIFEST_INVALID"],
    ["e31=", "MANIFEST_INVALID"],
    ["-_8=", "MANIFEST_INVALID"],
    ["e30g", "SIZE_MISMATCH"],
    ["", "SIZE_MISMATCH"],
    ["W10=", "DIGEST_MISMATCH"],
  ])("refuses %j with %s", (data, code) => {
    expect(() => inlineData({ ...blob("{}"), data })).toThrow(expect.objectContaining({ code }));
  });
});
