import { describe, expect, it } from "vitest";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  isImageMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isSchema1MediaType,
  MANIFEST_ACCEPT,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "./media-types.ts";

describe("isManifestMediaType()", () => {
  it("tells images, indexes and blobs apart", () => {
    const types = [
      OCI_MANIFEST,
      DOCKER_MANIFEST,
      OCI_INDEX,
      DOCKER_MANIFEST_LIST,
      OCI_CONFIG,
      OCI_LAYER_GZIP,
      OCI_EMPTY,
    ];
    expect(types.map(isManifestMediaType)).toEqual([true, true, true, true, false, false, false]);
    expect(types.map(isImageMediaType)).toEqual([true, true, false, false, false, false, false]);
    expect(types.map(isIndexMediaType)).toEqual([false, false, true, true, false, false, false]);
  });

  it("counts schema 1 as no manifest", () => {
    expect([DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED].map(isSchema1MediaType)).toEqual([true, true]);
    expect([DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED].map(isManifestMediaType)).toEqual([false, false]);
  });
});

describe("MANIFEST_ACCEPT", () => {
  it("asks for all that is read, and for schema 1 last", () => {
    const types = MANIFEST_ACCEPT.split(", ");
    expect(types).toEqual(expect.arrayContaining([OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_MANIFEST_LIST]));
    expect(types.slice(-2).map(isSchema1MediaType)).toEqual([true, true]);
  });
});
