import { describe, expect, it } from "vitest";
import { parseRoute } from "./route.ts";

describe("parseRoute()", () => {
  it.each([
    ["/v2/", { kind: "base" }],
    ["/v2", { kind: "base" }],
    ["/v2/_catalog", { kind: "catalog" }],
    ["/v2/a/b/tags/list", { kind: "tags", repository: "a/b" }],
    ["/v2/a/manifests/v1", { kind: "manifest", repository: "a", reference: "v1" }],
    ["/v2/manifests/manifests/manifests", { kind: "manifest", repository: "manifests", reference: "manifests" }],
    ["/v2/a/blobs/sha256:1", { kind: "blob", repository: "a", digest: "sha256:1" }],
    ["/v2/a/blobs/uploads/", { kind: "uploads", repository: "a" }],
    ["/v2/a/blobs/uploads", { kind: "uploads", repository: "a" }],
    ["/v2/a/blobs/uploads/id", { kind: "upload", repository: "a", session: "id" }],
    ["/v2/a/blobs/uploadsmore", { kind: "blob", repository: "a", digest: "uploadsmore" }],
    ["/v2/blobs/uploads/tags/list", { kind: "tags", repository: "blobs/uploads" }],
    ["/v2/a/referrers/sha256:1", { kind: "referrers", repository: "a", digest: "sha256:1" }],
    ["/v2//tags/list", { kind: "unknown" }],
    ["/v2/tags/list", { kind: "unknown" }],
    ["/v2/a/manifests/", { kind: "unknown" }],
    ["/v2/a/manifests/v1/more", { kind: "unknown" }],
    ["/v1/a/tags/list", { kind: "unknown" }],
  ])("%s", (path, route) => {
    expect(parseRoute(path)).toEqual(route);
  });
});
