import { describe, expect, it } from "vitest";
import { digestOf } from "../../digest/digest.ts";
import {
  parseManifestAnswer,
  parseManifestList,
  parseRepositoryNames,
  parseRepositoryProperties,
  parseTagAnswer,
  parseTagList,
} from "./parse-properties.ts";

const DIGEST = digestOf(Buffer.from("a"));
const TIMES = { createdTime: "2024-05-01T10:00:00.1234567Z", lastUpdateTime: "2024-05-02T10:00:00Z" };
const DATES = { createdOn: new Date("2024-05-01T10:00:00.123Z"), lastUpdatedOn: new Date("2024-05-02T10:00:00Z") };
const PLACE = { registry: "r.azurecr.io", imageName: "app" };
const OPEN = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };
const CAN = { canDelete: true, canWrite: true, canList: true, canRead: true };

describe("parseRepositoryProperties()", () => {
  it("reads all fields, and takes counts that are left out for 0", () => {
    const changeableAttributes = { ...OPEN, deleteEnabled: false };
    const counted = { ...PLACE, ...TIMES, manifestCount: 3, tagCount: 2, changeableAttributes };
    expect(parseRepositoryProperties(counted)).toEqual({
      registryLoginServer: "r.azurecr.io",
      name: "app",
      ...DATES,
      manifestCount: 3,
      tagCount: 2,
      ...CAN,
      canDelete: false,
    });
    expect(parseRepositoryProperties({ ...PLACE, ...TIMES })).toMatchObject({ manifestCount: 0, tagCount: 0 });
  });

  it.each([
    [null, "the answer"],
    [{ ...PLACE, ...TIMES, registry: 1 }, "registry"],
    [{ ...PLACE, ...TIMES, imageName: undefined }, "imageName"],
    [{ ...PLACE, ...TIMES, createdTime: "yesterday" }, "createdTime"],
    [{ ...PLACE, ...TIMES, createdTime: "2024-13-01T00:00:00Z" }, "createdTime"],
    [{ ...PLACE, ...TIMES, lastUpdateTime: 5 }, "lastUpdateTime"],
    [{ ...PLACE, ...TIMES, tagCount: -1 }, "tagCount"],
    [{ ...PLACE, ...TIMES, manifestCount: "3" }, "manifestCount"],
    [{ ...PLACE, ...TIMES, changeableAttributes: [] }, "changeableAttributes"],
    [{ ...PLACE, ...TIMES, changeableAttributes: { readEnabled: "yes" } }, "changeableAttributes.readEnabled"],
  ])("refuses %j, naming the field", (document, field) => {
    expect(() => parseRepositoryProperties(document)).toThrow(
      expect.objectContaining({ name: "SyntaxError", message: expect.stringContaining(`${field}: expected`) }),
    );
  });
});

describe("parseManifestAnswer()", () => {
  const image = {
    digest: DIGEST,
    imageSize: 7,
    ...TIMES,
    architecture: "amd64",
    os: "linux",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    configMediaType: "application/vnd.oci.image.config.v1+json",
    tags: ["v1", "v2"],
    changeableAttributes: OPEN,
  };

  it("reads an image, and an index with what it lists", () => {
    expect(parseManifestAnswer({ ...PLACE, manifest: image })).toEqual({
      registryLoginServer: "r.azurecr.io",
      repositoryName: "app",
      digest: DIGEST,
      sizeInBytes: 7,
      ...DATES,
      architecture: "amd64",
      operatingSystem: "linux",
      mediaType: image.mediaType,
      configMediaType: image.configMediaType,
      tags: ["v1", "v2"],
      relatedArtifacts: [],
      ...CAN,
    });
    const references = [{ digest: DIGEST, architecture: "arm64", os: "linux" }, { digest: DIGEST }];
    expect(parseManifestAnswer({ ...PLACE, manifest: { ...image, references } }).relatedArtifacts).toEqual([
      { digest: DIGEST, architecture: "arm64", operatingSystem: "linux" },
      { digest: DIGEST },
    ]);
  });

  it("takes null and absent for not said", () => {
    const bare = { digest: DIGEST, ...TIMES, architecture: null, os: "", tags: null };
    expect(parseManifestAnswer({ ...PLACE, manifest: bare })).toEqual({
      registryLoginServer: "r.azurecr.io",
      repositoryName: "app",
      digest: DIGEST,
      ...DATES,
      tags: [],
      relatedArtifacts: [],
    });
  });

  it.each([
    [{ manifest: undefined }, "manifest"],
    [{ manifest: { ...image, digest: "sha256:x" } }, "manifest.digest"],
    [{ manifest: { ...image, imageSize: 1.5 } }, "manifest.imageSize"],
    [{ manifest: { ...image, tags: [1] } }, "manifest.tags[0]"],
    [{ manifest: { ...image, references: [{}] } }, "manifest.references[0].digest"],
    [{ manifest: { ...image, os: 1 } }, "manifest.os"],
  ])("refuses %j, naming the field", (fields, field) => {
    expect(() => parseManifestAnswer({ ...PLACE, ...fields })).toThrow(`${field}: `);
  });
});

describe("lists", () => {
  const tag = { name: "v1", digest: DIGEST, ...TIMES, signed: false, changeableAttributes: OPEN };

  it("are read with the names of their repository", () => {
    const properties = { registryLoginServer: "r.azurecr.io", repositoryName: "app", name: "v1", digest: DIGEST };
    expect(parseTagList({ ...PLACE, tags: [tag] })).toEqual([{ ...properties, ...DATES, ...CAN }]);
    expect(parseTagAnswer({ ...PLACE, tag })).toEqual({ ...properties, ...DATES, ...CAN });
    expect(parseManifestList({ ...PLACE, manifests: [{ digest: DIGEST, ...TIMES }] })).toMatchObject([
      { digest: DIGEST },
    ]);
    expect(parseRepositoryNames({ repositories: ["a", "b/c"] })).toEqual(["a", "b/c"]);
  });

  it("are empty where they are absent or null", () => {
    expect(parseTagList({ ...PLACE, tags: null })).toEqual([]);
    expect(parseManifestList(PLACE)).toEqual([]);
    expect(parseRepositoryNames({})).toEqual([]);
  });

  it("name the item that is wrong", () => {
    expect(() => parseTagList({ ...PLACE, tags: [tag, { ...tag, name: 1 }] })).toThrow("tags[1].name: ");
    expect(() => parseManifestList({ ...PLACE, manifests: {} })).toThrow("manifests: expected an array");
    expect(() => parseRepositoryNames({ repositories: [1] })).toThrow("repositories[0]: ");
  });
});
