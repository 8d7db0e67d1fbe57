import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { StoreError } from "../errors/errors.ts";
import { UNKNOWN_SIZE } from "./descriptor.ts";
import { MAX_MANIFEST_BYTES } from "./manifest.ts";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_SCHEMA1_SIGNED,
  OCI_ARTIFACT_MANIFEST,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "./media-types.ts";
import { parseManifest } from "./parse-manifest.ts";

const digest = `sha256:${"a".repeat(64)}`;
const config = { mediaType: OCI_CONFIG, digest, size: 2 };
const layer = { mediaType: OCI_LAYER_GZIP, digest: `sha512:${"b".repeat(128)}`, size: 3 };
const child = {
  mediaType: OCI_MANIFEST,
  digest,
  size: 4,
  platform: { os: "linux", architecture: "arm64", variant: "v8" },
};
const nested = { mediaType: OCI_INDEX, digest: `sha256:${"c".repeat(64)}`, size: 5 };
const image = { schemaVersion: 2, config, layers: [layer] };
const index = { schemaVersion: 2, manifests: [child, nested] };

/** A string is the document itself. */
function bytesOf(body: unknown): Uint8Array {
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

function refusal(body: unknown, mediaType?: string): unknown {
  try {
    return parseManifest(body instanceof Uint8Array ? body : bytesOf(body), mediaType);
  } catch (error) {
    return error;
  }
}

describe("parseManifest()", () => {
  it("reads an OCI image and an OCI index, nested too", () => {
    expect(parseManifest(bytesOf({ ...image, mediaType: OCI_MANIFEST }))).toStrictEqual({
      kind: "image",
      mediaType: OCI_MANIFEST,
      config,
      layers: [layer],
    });
    expect(parseManifest(bytesOf({ ...index, mediaType: OCI_INDEX }))).toStrictEqual({
      kind: "index",
      mediaType: OCI_INDEX,
      manifests: [child, nested],
    });
  });

  it("reads Docker's schema 2 and list", () => {
    const docker = {
      config: { ...config, mediaType: DOCKER_CONFIG },
      layers: [{ ...layer, mediaType: DOCKER_LAYER_GZIP }],
    };
    expect(parseManifest(bytesOf({ ...docker, schemaVersion: 2, mediaType: DOCKER_MANIFEST }))).toStrictEqual({
      kind: "image",
      mediaType: DOCKER_MANIFEST,
      ...docker,
    });
    expect(parseManifest(bytesOf({ ...index, mediaType: DOCKER_MANIFEST_LIST }))).toMatchObject({
      kind: "index",
      mediaType: DOCKER_MANIFEST_LIST,
    });
  });

  it("reads an artifact: artifactType, empty config, subject, annotations", () => {
    const empty = { mediaType: OCI_EMPTY, digest: digestOf(Buffer.from("{}")), size: 2, data: "e30=" };
    const rest = { artifactType: "application/x.sbom", subject: nested, annotations: { a: "b" } };
    const artifact = { config: empty, layers: [empty], ...rest };
    expect(parseManifest(bytesOf({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...artifact }))).toStrictEqual({
      kind: "image",
      mediaType: OCI_MANIFEST,
      ...artifact,
    });
    expect(parseManifest(bytesOf({ ...index, ...rest }))).toMatchObject(rest);
  });

  it("takes lists that Go wrote as null for empty ones", () => {
    expect(parseManifest(bytesOf({ schemaVersion: 2, config, layers: null }))).toMatchObject({ layers: [] });
    expect(parseManifest(bytesOf({ schemaVersion: 2, manifests: null }))).toMatchObject({ manifests: [] });
    expect(
      parseManifest(bytesOf({ ...image, manifests: null, annotations: null, subject: null, mediaType: "" })),
    ).toStrictEqual({
      kind: "image",
      mediaType: OCI_MANIFEST,
      config,
      layers: [layer],
    });
  });

  describe("media type", () => {
    it.each([
      ["the body's", { ...image, mediaType: DOCKER_MANIFEST }, OCI_MANIFEST, DOCKER_MANIFEST],
      ["the given one where the body has none", image, DOCKER_MANIFEST, DOCKER_MANIFEST],
      [
        "the given one without case and parameters",
        index,
        `${DOCKER_MANIFEST_LIST.toUpperCase()}; charset=utf-8`,
        DOCKER_MANIFEST_LIST,
      ],
      ["an OCI image by its fields", image, undefined, OCI_MANIFEST],
      ["an OCI index by its fields", index, undefined, OCI_INDEX],
      ["by its fields where the given one says nothing", index, "application/json", OCI_INDEX],
    ])("is %s", (_, body, given, mediaType) => {
      expect(parseManifest(bytesOf(body), given).mediaType).toBe(mediaType);
    });

    it.each([
      ["fields of both", { ...image, ...index }, undefined],
      ["fields of both, called an image", { ...image, ...index, mediaType: OCI_MANIFEST }, undefined],
      ["fields of both, called an index", { ...image, ...index, mediaType: OCI_INDEX }, undefined],
      ["fields of both, served as an index", { ...image, ...index }, OCI_INDEX],
      ["an index with only a config", { ...index, config }, OCI_INDEX],
      ["fields of both to readers that ignore case", { ...image, Manifests: index.manifests }, undefined],
      ["one field twice to readers that ignore case", { ...image, Layers: [] }, undefined],
      ["one field twice", `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[],"layers":[]}`, undefined],
      ["a digest twice", `{"schemaVersion":2,"config":{"digest":"${digest}","digest":"${digest}"}}`, undefined],
      ["a digest in another case", { ...image, layers: [{ ...layer, DIGEST: layer.digest }] }, undefined],
      ["a field with a letter that Go folds", { ...image, "layer\u017f": [] }, undefined],
      ["a type in another case", { ...image, MediaType: OCI_MANIFEST }, undefined],
      ["a subject in another case", { ...image, Subject: nested }, undefined],
      ["a platform twice", { ...index, manifests: [{ ...child, Platform: child.platform }] }, undefined],
      ["an artifact with layers", { ...image, mediaType: OCI_ARTIFACT_MANIFEST }, undefined],
      ["an image with blobs", { ...image, blobs: [layer] }, undefined],
      ["an image called an index", { ...image, mediaType: OCI_INDEX }, undefined],
      ["an index called an image", { ...index, mediaType: DOCKER_MANIFEST }, undefined],
      ["an image served as an index", image, OCI_INDEX],
      ["an index that calls itself so, served as an image", { ...index, mediaType: OCI_INDEX }, OCI_MANIFEST],
    ])("refuses what could be read in two ways: %s", (_, body, given) => {
      expect(refusal(body, given)).toMatchObject({ name: "StoreError", code: "MANIFEST_INVALID" });
    });
  });

  it.each([
    ["config", { ...image, config: 1 }, "config: expected an object, got 1"],
    ["config.digest", { ...image, config: { ...config, digest: "x" } }, 'config.digest: Bad digest "x"'],
    ["layers", { ...image, layers: {} }, "layers: expected an array, got an object"],
    [
      "layers[1].size",
      { ...image, layers: [layer, { ...layer, size: -1 }] },
      "layers[1].size: expected a number of bytes",
    ],
    ["manifests", { schemaVersion: 2, manifests: {} }, "manifests: expected an array, got an object"],
    ["manifests[0]", { schemaVersion: 2, manifests: [1] }, "manifests[0]: expected an object, got 1"],
    ["subject", { ...image, subject: {} }, "subject.digest: expected a string, got nothing"],
    ["mediaType", { ...image, mediaType: 1 }, "mediaType: expected a string, got 1"],
    ["schemaVersion", { ...image, schemaVersion: 3 }, "schemaVersion: expected 2, got 3"],
    ["neither", { schemaVersion: 2 }, 'it has neither "config" and "layers" nor "manifests"'],
    ["no content", { schemaVersion: 2, mediaType: OCI_MANIFEST }, 'it has neither "config" nor "layers"'],
    ["an array", [], "the document: expected an object, got an array"],
    ["no JSON", new TextEncoder().encode("<html>secret</html>"), "it is no JSON"],
    ["nothing", new Uint8Array(), "it is no JSON"],
    ["a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, ...bytesOf(image)]), "it begins with a byte order mark"],
    ["depth", new Uint8Array(MAX_MANIFEST_BYTES).fill(0x5b), "it is nested deeper than 1000 levels"],
  ])("refuses a bad document by its field: %s", (_, body, reason) => {
    const bytes = body instanceof Uint8Array ? body : bytesOf(body);
    const error = refusal(bytes);
    expect(error).toMatchObject({ name: "StoreError", code: "MANIFEST_INVALID" });
    expect(error).toMatchObject({
      message: expect.stringContaining(`Cannot read manifest "${digestOf(bytes)}": ${reason}`),
    });
  });

  it.each([
    [
      "schema 1 by its version",
      { schemaVersion: 1, name: "a", fsLayers: [], history: [] },
      undefined,
      "Docker schema 1",
    ],
    ["schema 1 by its Content-Type", { fsLayers: [] }, DOCKER_SCHEMA1_SIGNED, "Docker schema 1"],
    [
      "another type",
      { ...image, mediaType: "application/x" },
      undefined,
      'mediaType: "application/x" is no type of manifest',
    ],
  ])("says that it doesn't handle %s", (_, body, given, reason) => {
    expect(refusal(body, given)).toMatchObject({
      name: "StoreError",
      code: "MANIFEST_UNSUPPORTED",
      message: expect.stringContaining(reason),
    });
  });

  it.each<[string, unknown, object, readonly string[]]>([
    ["no layers", { schemaVersion: 2, config }, { layers: [] }, ["layers: it is missing"]],
    ["no config", { schemaVersion: 2, layers: [layer] }, { layers: [layer] }, ["config: it is missing"]],
    ["no schemaVersion", { config, layers: [layer] }, image, ["schemaVersion: expected 2, got nothing"]],
    ["a schemaVersion in quotes", { ...image, schemaVersion: "2" }, image, ['schemaVersion: expected 2, got "2"']],
    [
      "parameters of its type",
      { ...image, mediaType: `${OCI_MANIFEST}; charset=utf-8` },
      { mediaType: OCI_MANIFEST },
      [`mediaType: "${OCI_MANIFEST}; charset=utf-8" is read as "${OCI_MANIFEST}"`],
    ],
    [
      "annotations that are no text",
      { ...image, annotations: { a: null, b: 1, c: "kept" } },
      { annotations: { c: "kept" } },
      ['annotations["a"]: expected a string, got null', 'annotations["b"]: expected a string, got 1'],
    ],
    [
      "annotations that are a list",
      { ...image, annotations: [] },
      image,
      ["annotations: expected an object, got an array"],
    ],
    [
      "a layer without a type",
      { ...image, layers: [{ ...layer, mediaType: undefined }] },
      { layers: [{ ...layer, mediaType: "" }] },
      ["layers[0].mediaType: expected a string, got nothing"],
    ],
    [
      "a layer without a size",
      { ...image, layers: [{ ...layer, size: null }] },
      { layers: [{ ...layer, size: UNKNOWN_SIZE }] },
      ["layers[0].size: it is missing"],
    ],
    [
      "inline data that is not the content",
      { ...image, layers: [{ ...layer, data: "e30=" }] },
      { layers: [layer] },
      [`layers[0].data: it is not the content of "${layer.digest}"`],
    ],
    [
      "inline data that is no base64",
      { ...image, config: { ...config, data: "***" } },
      { config },
      ["config.data: it is no base64"],
    ],
    ["an odd artifactType", { ...image, artifactType: 1 }, image, ["artifactType: expected a string, got 1"]],
    [
      "an odd platform",
      { ...index, manifests: [{ ...child, platform: 1 }] },
      { manifests: [{ mediaType: child.mediaType, digest: child.digest, size: child.size }] },
      ["manifests[0].platform: expected an object, got 1"],
    ],
  ])("reads what a copy needs of a document with %s, and names the rest", (_, body, read, oddities) => {
    const { schemaVersion: _version, ...expected } = read as { readonly schemaVersion?: number };
    expect(parseManifest(bytesOf(body))).toMatchObject({ ...expected, oddities });
  });

  it("reads a document with a byte that is not UTF-8", () => {
    const bytes = Buffer.from(bytesOf({ ...image, annotations: { a: "caf\u00e9" } }).map((byte) => byte));
    const latin = Buffer.concat([
      bytes.subarray(0, bytes.indexOf(0xc3)),
      Buffer.from([0xe9]),
      bytes.subarray(bytes.indexOf(0xc3) + 2),
    ]);
    expect(parseManifest(latin)).toMatchObject({ layers: [layer], oddities: ["it has bytes that are not UTF-8"] });
  });

  it("reads the artifact manifest that image-spec dropped, whose blobs are its content", () => {
    const artifact = { mediaType: OCI_ARTIFACT_MANIFEST, artifactType: "x/y", blobs: [layer], subject: nested };
    const read = {
      kind: "image",
      mediaType: OCI_ARTIFACT_MANIFEST,
      artifactType: "x/y",
      layers: [layer],
      subject: nested,
    };
    expect(parseManifest(bytesOf(artifact))).toStrictEqual(read);
    expect(parseManifest(bytesOf({ ...artifact, mediaType: undefined }), OCI_ARTIFACT_MANIFEST)).toStrictEqual(read);
    expect(parseManifest(bytesOf({ mediaType: OCI_ARTIFACT_MANIFEST }))).toStrictEqual({
      kind: "image",
      mediaType: OCI_ARTIFACT_MANIFEST,
      layers: [],
    });
  });

  it("takes members of other objects for what they are, however they are called", () => {
    const annotations = { layers: "x", Layers: "y", digest: "z", 'quo"ted {[,:]}': "\\" };
    expect(parseManifest(bytesOf({ ...image, annotations, other: { layers: [], Layers: [] } }))).toStrictEqual({
      kind: "image",
      mediaType: OCI_MANIFEST,
      config,
      layers: [layer],
      annotations,
    });
  });

  it("reads 4 MiB and refuses one byte more", () => {
    const bytes = bytesOf(image);
    const padded = (length: number) => {
      const whole = new Uint8Array(length).fill(0x20);
      whole.set(bytes);
      return whole;
    };
    expect(parseManifest(padded(MAX_MANIFEST_BYTES))).toMatchObject({ kind: "image" });
    expect(refusal(padded(MAX_MANIFEST_BYTES + 1))).toMatchObject({
      code: "MANIFEST_TOO_LARGE",
      message: "Cannot read a manifest: it has 4194305 bytes, and a manifest has at most 4194304",
    });
  });

  it("throws nothing but StoreError, whatever the JSON", () => {
    const descriptor = fc.oneof(fc.constantFrom(config, layer, child, nested), fc.jsonValue());
    const near = fc.record(
      {
        schemaVersion: fc.oneof(fc.constantFrom(2, 1), fc.jsonValue()),
        mediaType: fc.oneof(fc.constantFrom(OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST), fc.jsonValue()),
        config: descriptor,
        layers: fc.oneof(fc.array(descriptor), fc.jsonValue()),
        manifests: fc.oneof(fc.array(descriptor), fc.jsonValue()),
        subject: descriptor,
        annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const given = fc.option(fc.oneof(fc.constantFrom(OCI_MANIFEST, OCI_INDEX), fc.string()), { nil: undefined });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), given, (body, mediaType) => {
        const outcome = refusal(body, mediaType);
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBeInstanceOf(StoreError);
        expect(outcome.message).not.toMatch(/[\n\r\u2028\u2029]/);
      }),
      { numRuns: 2000 },
    );
  });

  it("throws nothing but StoreError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(refusal(bytes)).toBeInstanceOf(StoreError);
      }),
    );
  });
});
