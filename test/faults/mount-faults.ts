import type { ServedRequest } from "tranship";
import { type Fault, refusal } from "./fault.ts";

function mountsFromElsewhere({ route, query }: ServedRequest): boolean {
  return route.kind === "uploads" && query.has("mount") && query.get("from") !== route.repository;
}

/** What real registries answer where a blob need not be sent. */
export const MOUNT_FAULTS: readonly Fault[] = [
  {
    name: "400 to a mount of a repository that may not be read",
    row: "hub-mount-scope",
    copes: "the mount is given up for this pair of repositories, and the blob is sent",
    at: "target",
    job: "mount",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!mountsFromElsewhere(request)) return next();
        hit("400");
        return refusal(400, "NAME_INVALID", "invalid repository name");
      },
  },
  {
    name: "400 to every mount",
    row: "quay-mount",
    copes: "a plain upload is started; from then on a blob is looked for by HEAD",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!request.query.has("mount")) return next();
        hit("400");
        return refusal(400, "BLOB_UPLOAD_INVALID", "invalid mount");
      },
  },
  {
    name: "401 to a mount",
    row: "harbor-mount",
    copes: "the same; it is no question of credentials",
    at: "target",
    job: "mount",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!mountsFromElsewhere(request)) return next();
        hit("401");
        return refusal(401, "UNAUTHORIZED", "project other not found: project other not found");
      },
  },
  {
    name: "201 to a self-mount of what is there",
    row: "self-mount",
    copes: "one POST in the place of a HEAD and a POST",
    at: "target",
    job: "renamed",
    script:
      ({ hit }) =>
      async (request, next) => {
        const answer = await next();
        if (request.query.get("mount") !== null && answer.status === 201) hit("201");
        return answer;
      },
  },
  {
    name: "201 to a mount that brings nothing",
    row: "lying-mount",
    copes:
      "no blob is mounted but under sha256; a blob for which a manifest is refused after a mount is sent without one, and its holder is forgotten",
    at: "target",
    job: "mount",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!mountsFromElsewhere(request)) return next();
        hit("201");
        return { status: 201, headers: { location: `/v2/x/blobs/${request.query.get("mount")}` } };
      },
  },
  {
    name: "201 to every mount, and nothing comes of any",
    row: "lying-mount",
    copes: "the same",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!request.query.has("mount")) return next();
        hit("201");
        return { status: 201, headers: { location: `/v2/x/blobs/${request.query.get("mount")}` } };
      },
  },
  {
    name: "202 to every mount",
    row: "crane-mount",
    copes: "a HEAD guards bodies over 64 KiB until the host has answered 201 once",
    at: "target",
    job: "renamed",
    script:
      ({ hit }) =>
      (request, next) => {
        if (!request.query.has("mount")) return next();
        hit("202");
        return next({ ...request, query: new URLSearchParams() });
      },
  },
  {
    name: "403 to a HEAD of a blob",
    row: "blob-head",
    copes: "it says nothing: the blob is mounted or uploaded; `verify` reads its first byte",
    at: "target",
    job: "renamed",
    script:
      ({ hit }) =>
      (request, next) => {
        // As at a registry whose answer to a mount says nothing either.
        if (request.query.has("mount")) return next({ ...request, query: new URLSearchParams() });
        if (request.method !== "HEAD" || request.route.kind !== "blob") return next();
        hit("403");
        return Promise.resolve({ status: 403, body: "" });
      },
  },
  {
    name: "a blob that is said to be there, and is gone",
    row: "stale",
    copes: "a manifest that is refused for it has its children looked for, and those that lack sent, once",
    at: "target",
    script: ({ hit }) => {
      let lies = 1;
      return async (request, next) => {
        if (!request.query.has("mount") || lies-- <= 0) return next();
        hit("a lie");
        return { status: 201, headers: { location: `/v2/x/blobs/${request.query.get("mount")}` } };
      };
    },
  },
];
